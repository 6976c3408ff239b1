// The pages, as HTML. Everything a visitor typed is escaped.
import { readFileSync } from "node:fs";

const style = readFileSync(new URL("style.css", import.meta.url), "utf8");
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Cpath d='M2 4h12M2 8h12M2 12h7' stroke='%2300707a' stroke-width='2'/%3E%3C/svg%3E";

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text).replace(/[&<>"']/g, (sign) => escapes[sign]);

export function countPage(text, counted) {
  const cells = Object.entries(counted).map(([name, count]) => `<div><dt>${name}</dt><dd>${count}</dd></div>`).join("");
  return page("Word counter", `
<h1>Word counter</h1>
<p class="lead">How long is that text?</p>
<form class="card" action="/">
  <label>Text <textarea name="text" rows="7" maxlength="4000" required>${escape(text)}</textarea></label>
  <button>Count</button>
</form>
<h2>Counted</h2>
<dl>${cells}</dl>`);
}

export function problemPage(title, text) {
  return page(title, `<h1>${escape(title)}</h1><p class="lead">${escape(text)} <a href="/">To the counter</a></p>`);
}

function page(title, body) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<main>${body}</main>
</body>
</html>
`;
}
