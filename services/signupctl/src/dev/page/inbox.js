// Keeps the list of messages current, unless the reader asked it not to.
const pause = document.getElementById("pause");
const news = document.getElementById("news");
const EVERY = 2000;

async function refresh() {
  const answer = await fetch("/inbox", { cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [shown, current] = [document, page].map((place) => place.getElementById("messages"));
  const fresh = Number(current.dataset.count) - Number(shown.dataset.count);
  if (shown.dataset.newest === current.dataset.newest) return;
  shown.replaceWith(current);
  news.textContent = fresh > 0 ? `${fresh} new message${fresh > 1 ? "s" : ""}` : "The list has changed";
}

setInterval(() => {
  if (!pause.checked && !document.hidden) refresh().catch(() => { news.textContent = "signupctl dev does not answer"; });
}, EVERY);
document.getElementById("controls").hidden = false;
