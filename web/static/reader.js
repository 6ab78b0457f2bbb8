// Makes the reading room faster to use. Everything also works without this file.
"use strict";

(() => {
  const hits = [...document.querySelectorAll(".hitbox")];
  const frame = document.querySelector(".frame");
  let at = -1;

  /** Scrolls to one of the hits and frames it. */
  function show(place) {
    at = place;
    hits.forEach((hit, number) => hit.classList.toggle("now", number === at));
    hits[at].scrollIntoView({ block: "center", inline: "center" });
  }

  /** Follows the link to another page; returns whether there is one. */
  function turn(name) {
    const link = document.querySelector(`a[data-key="${name}"]`);
    if (link) link.click();
    return Boolean(link);
  }

  /** Goes to the next hit or the one before, on this page or on the next page with one; then begins again. */
  function step(by) {
    if (hits[at + by]) show(at + by);
    else if (!turn(by > 0 ? "hit-after" : "hit-before") && hits.length) show(by > 0 ? 0 : hits.length - 1);
  }

  /** Shows the page larger or smaller, around the current hit or around what is in the middle. */
  function zoom(by) {
    const bar = document.querySelector(".zoom");
    if (!bar) return;
    const [sizes, names] = [bar.dataset.sizes.split(" "), bar.dataset.names.split("|")];
    const place = sizes.findIndex((size) => frame.classList.contains(`z${size}`)) + by;
    if (!sizes[place]) return;
    const seen = frame.getBoundingClientRect();
    const middle = [(frame.scrollLeft + seen.width / 2) / frame.scrollWidth,
      (frame.scrollTop + Math.min(seen.height, Math.max(0, window.innerHeight / 2 - seen.top))) / frame.scrollHeight];
    frame.classList.remove(`z${sizes[place - by]}`);
    frame.classList.add(`z${sizes[place]}`);
    if (place) frame.tabIndex = 0; else frame.removeAttribute("tabindex");
    frame.querySelector(".sharp").sizes = `(max-width: 60em) ${0.96 * sizes[place]}vw, ${0.54 * sizes[place]}vw`;
    document.getElementById("zoom").textContent = names[place];
    const kept = (link, size) => {
      const address = new URL(link.href);
      if (size === sizes[0]) address.searchParams.delete("zoom"); else address.searchParams.set("zoom", size);
      link.href = address;
    };
    document.querySelectorAll("a[data-key]").forEach((link) => kept(link, sizes[place]));
    document.querySelectorAll("a[data-zoom]").forEach((link) => {
      kept(link, sizes[place + Number(link.dataset.zoom)] || sizes[place]);
    });
    if (hits[at]) { show(at); return; }
    frame.scrollTo(middle[0] * frame.scrollWidth - frame.clientWidth / 2,
      middle[1] * frame.scrollHeight - frame.clientHeight / 2);
  }

  const keys = {
    n: () => step(1),
    p: () => step(-1),
    ArrowRight: () => turn("after"),
    ArrowLeft: () => turn("before"),
    "+": () => zoom(1),
    "=": () => zoom(1),
    "-": () => zoom(-1),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const field = document.getElementById("q");
      if (field) { event.preventDefault(); field.focus(); }
      return;
    }
    // In an enlarged picture the arrows move it.
    if (event.key.startsWith("Arrow") && event.target === frame) return;
    const act = keys[event.key];
    if (act) act();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-zoom]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    zoom(Number(link.dataset.zoom));
  });

  // An enlarged picture is moved with the mouse.
  if (frame) {
    let held = null;
    frame.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button || frame.classList.contains("z100")) return;
      held = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop };
    });
    window.addEventListener("pointermove", (event) => {
      if (!held) return;
      const [x, y] = [event.clientX - held.x, event.clientY - held.y];
      if (Math.abs(x) + Math.abs(y) > 4) frame.classList.add("held");
      frame.scrollLeft = held.left - x;
      frame.scrollTop = held.top - y;
    });
    window.addEventListener("pointerup", () => { held = null; setTimeout(() => frame.classList.remove("held")); });
    frame.addEventListener("click", (event) => { if (frame.classList.contains("held")) event.preventDefault(); }, true);
    frame.addEventListener("dragstart", (event) => event.preventDefault());
  }

  // Dragging over text selects it and does not follow a link.
  document.querySelectorAll(".read .w").forEach((word) => word.addEventListener("click", (event) => {
    if (String(window.getSelection()).length > 1) event.preventDefault();
    // The word that was clicked last is the one that a report is about.
    const words = document.getElementById("words");
    if (words) words.value = word.textContent;
  }));

  if (hits.length) show(0);

  // A page that the browser kept is loaded again before it is shown again.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
})();
