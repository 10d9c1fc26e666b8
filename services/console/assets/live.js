// Loads parts of a page again that say so, every data-refresh seconds: the same page, asked for once more. Nothing happens
// while nobody looks, while it is paused, or while something in it has the focus. The console is told that nobody asked, so
// that a page that is left open does not keep its session alive.
for (const part of document.querySelectorAll("[data-refresh]")) {
  const bar = document.createElement("div");
  bar.className = "actions";
  const note = document.createElement("span");
  note.setAttribute("role", "status");
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
    const answer = await fetch(location.href, { headers: { accept: "text/html", "x-by-itself": "1" } });
    if (answer.redirected) {
      // The session is over: to the sign-in page, which leads back here.
      paused = true;
      location.assign(answer.url);
      return;
    }
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
  };

  const say = (text) => {
    if (note.textContent !== text) note.textContent = text;
  };

  const loop = async () => {
    if (!paused && !document.hidden && !part.contains(document.activeElement)) {
      try {
        await refresh();
        say(part.dataset.live);
      } catch {
        say(part.dataset.lost);
      }
    }
    setTimeout(loop, Number(part.dataset.refresh) * 1000);
  };
  setTimeout(loop, Number(part.dataset.refresh) * 1000);
}
