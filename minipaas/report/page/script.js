"use strict";
// The page is whole without this: here are only a button to copy commands, and a way along a picture by pointer or keys.
for (const box of document.querySelectorAll(".command")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(box.querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(box.querySelector("code"));
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  box.append(button);
}
const told = (event) => event.querySelector("title").textContent;
const time = (event) => parseFloat(told(event));
for (const figure of document.querySelectorAll("figure")) {
  const readout = figure.querySelector(".readout");
  const events = [...figure.querySelectorAll(".event")].sort((one, other) => time(one) - time(other));
  let at = -1;
  const show = (number) => {
    events[at]?.classList.remove("at");
    at = number;
    events[at]?.classList.add("at");
    readout.textContent = events[at] ? told(events[at]) : "";
  };
  figure.classList.add("live");
  const scroll = figure.querySelector(".scroll");
  const loss = figure.querySelector(".loss");
  if (loss) {
    // On a narrow screen the picture begins where it matters.
    const { left, width } = scroll.getBoundingClientRect();
    scroll.scrollLeft += loss.getBoundingClientRect().left - left - width * 0.7;
  }
  figure.addEventListener("pointerover", (moved) => {
    const event = moved.target.closest(".event");
    if (event) show(events.indexOf(event));
  });
  scroll.addEventListener("keydown", (pressed) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[pressed.key];
    const edge = { Home: 0, End: events.length - 1 }[pressed.key];
    if (step === undefined ? edge === undefined : false) return;
    pressed.preventDefault();
    show(Math.min(Math.max(edge ?? at + step, 0), events.length - 1));
    events[at]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}
