// Loads parts of a page again that say so, every data-refresh seconds: the same page, asked for once more. Nothing happens
// while nobody looks, while it is paused, or while something in it has the focus.
for (const part of document.querySelectorAll("[data-refresh]")) {
  const bar = document.createElement("div");
  bar.className = "actions";
  const note = document.createElement("span");
  note.textContent = part.dataset.live;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = part.dataset.pause;
  bar.append(note, button);
  part.before(bar);

  let paused = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? part.dataset.goOn : part.dataset.pause;
  });

  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    // Whoever is signed out is shown so when the page is loaded again by hand.
    if (!answer.ok || answer.redirected) {
      paused = true;
      button.textContent = part.dataset.goOn;
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
  };

  const loop = async () => {
    if (!paused && !document.hidden && !part.contains(document.activeElement)) {
      try {
        await refresh();
      } catch {
        // No answer: perhaps the next time.
      }
    }
    setTimeout(loop, Number(part.dataset.refresh) * 1000);
  };
  setTimeout(loop, Number(part.dataset.refresh) * 1000);
}
