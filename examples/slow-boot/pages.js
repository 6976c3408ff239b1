// The pages, as HTML. Everything a visitor typed is escaped.
import { readFileSync } from "node:fs";

const style = readFileSync(new URL("style.css", import.meta.url), "utf8");
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Ccircle cx='7' cy='7' r='5' fill='none' stroke='%231f5fa8' stroke-width='2'/%3E" +
  "%3Cpath d='M11 11l4 4' stroke='%231f5fa8' stroke-width='2'/%3E%3C/svg%3E";

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text).replace(/[&<>"']/g, (sign) => escapes[sign]);

export function searchPage(question, found) {
  const rows = found.map((proverb) => `<li>${escape(proverb)}</li>`).join("");
  return page("Proverbs", `
<h1>Proverbs</h1>
<p class="lead">Which one was it again?</p>
<form class="card" action="/" role="search">
  <label>Words in it <input type="search" name="q" value="${escape(question)}" placeholder="early bird"></label>
  <button>Find</button>
</form>
<h2>${question ? `${found.length} found` : `All ${found.length}`}</h2>
${rows ? `<ul class="list">${rows}</ul>` : '<p class="empty">None has these words. <a href="/">Show all</a></p>'}`);
}

export function problemPage(title, text) {
  return page(title, `<h1>${escape(title)}</h1><p class="lead">${escape(text)} <a href="/">To the search</a></p>`);
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
