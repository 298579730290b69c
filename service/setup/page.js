"use strict";
// Every step works without this: it copies, shows that something is under way, and looks by itself.
(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const framed = window.parent !== window;
  const tell = (type, data) => framed && window.parent.postMessage({ type, data }, "*");

  all("form").forEach((form) => form.addEventListener("submit", () => {
    const button = form.querySelector("button[data-busy]");
    if (button) {
      button.textContent = button.dataset.busy;
      button.setAttribute("aria-busy", "true");
      setTimeout(() => { button.disabled = true; });
    }
  }));
  // A page that the browser kept must not come back with its button held.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());

  all("[data-copy]").forEach((button) => {
    const field = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
      button.textContent = button.dataset.done;
    });
  });

  const watched = document.querySelector("[data-progress]");
  const typed = () => all("input:not([readonly])").some((input) => input.value);
  const look = async () => {
    try {
      const answer = await fetch(watched.dataset.progress, { cache: "no-store" });
      const seen = answer.ok ? await answer.json() : {};
      const news = all("[data-fact]").filter((item) => seen[item.dataset.fact] && !item.classList.contains("seen"));
      news.forEach((item) => {
        item.classList.add("seen");
        item.querySelector(".state").textContent = item.dataset.seen;
      });
      if (news.length && !typed()) { location.replace(watched.dataset.again); return; }
      if (answer.status === 404 || answer.status === 410) { location.reload(); return; }
    } catch { /* away for a moment: the next look tells */ }
    setTimeout(look, 2000);
  };
  if (watched) { look(); }

  const ended = document.querySelector("[data-activation-token]");
  if (ended) { tell("success", { activation_token: ended.dataset.activationToken }); }
  if (framed) {
    all("[data-close]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => tell("close", {}));
    });
  }
})();
