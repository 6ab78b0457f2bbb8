// Makes the reading room faster to use. Everything also works without this file.
"use strict";

(() => {
  const hits = [...document.querySelectorAll(".hitbox")];
  let at = -1;

  /** Scrolls to one of the hits and frames it. */
  function show(place) {
    if (!hits.length) return;
    at = (place + hits.length) % hits.length;
    hits.forEach((hit, number) => hit.classList.toggle("now", number === at));
    hits[at].scrollIntoView({ block: "center", inline: "center" });
  }

  /** Follows the link to the page before or after this one. */
  function turn(name) {
    const link = document.querySelector(`a[data-key="${name}"]`);
    if (link) link.click();
  }

  const keys = {
    n: () => show(at + 1),
    p: () => show(at - 1),
    ArrowRight: () => turn("after"),
    ArrowLeft: () => turn("before"),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const field = document.getElementById("q");
      if (field) { event.preventDefault(); field.focus(); }
      return;
    }
    const act = keys[event.key];
    if (act) act();
  });

  // Dragging over text selects it and does not follow a link.
  document.querySelectorAll(".read .w").forEach((word) => word.addEventListener("click", (event) => {
    if (String(window.getSelection()).length > 1) event.preventDefault();
  }));

  if (hits.length) show(0);

  // A page that the browser kept is loaded again before it is shown again.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
})();
