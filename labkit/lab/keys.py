"""The invisible part of a box of widgets: it keeps its keys at home and tells the kernel about arrows and clicks.

When the picture is drawn anew, an element with data-lk-keep="name" that had the focus hands it on to the new element
of this name with tabindex="0".

Without it a letter typed while one of our buttons has the focus is a JupyterLab command (`b` inserts a cell, `d d`
deletes one). JupyterLab listens at the document; we stop the event at our own frame, and mark the focused element as
Lumino's own attribute asks.
"""

import anywidget
import traitlets

ESM = """
const passes = e => e.ctrlKey || e.metaKey || e.altKey || ["Tab", "Escape"].includes(e.key)
  || (e.shiftKey && e.key === "Enter");
const typing = t => t.matches("input, textarea, select, [contenteditable], .lk-scroll");  // arrows are their own
const presses = e => e.target.matches("button, summary") && ["Enter", " "].includes(e.key);

function render({ model, el }) {
  el.style.display = "none";
  let frame = null, timer = null, gone = false, left = 0, kept = null;
  const onKey = e => {
    if (passes(e)) return;
    e.stopPropagation();
    if (typing(e.target) || presses(e) || !model.get("wanted").includes(e.key)) return;
    e.preventDefault();
    model.send({ key: e.key });
  };
  const onClick = e => {
    const hit = e.target.closest("[data-lk]");
    if (hit) model.send({ click: hit.dataset.lk });
  };
  const onFocus = e => {
    e.target.setAttribute("data-lm-suppress-shortcuts", "true");
    kept = e.target.dataset.lkKeep;
  };
  const onScroll = e => { if (e.target.matches(".lk-scroll")) left = e.target.scrollLeft; };
  const redrawn = new MutationObserver(() => {
    for (const box of left ? frame.querySelectorAll(".lk-scroll") : []) box.scrollLeft = left;
    if (kept && document.activeElement === document.body)  // what had the focus was drawn anew
      frame.querySelector(`[data-lk-keep="${kept}"][tabindex="0"]`)?.focus();
  });
  const beat = () => {
    clearInterval(timer);
    if (model.get("beat_ms")) timer = setInterval(() => model.send({ key: "beat" }), model.get("beat_ms"));
  };
  const attach = () => {
    frame = el.closest(".lk-frame");
    if (gone) return;
    if (!frame) { requestAnimationFrame(attach); return; }
    frame.addEventListener("keydown", onKey);
    frame.addEventListener("click", onClick);
    frame.addEventListener("focusin", onFocus);
    frame.addEventListener("scroll", onScroll, true);  // it does not bubble
    redrawn.observe(frame, { childList: true, subtree: true });
    const said = frame.querySelector(".lk-said");
    if (said) said.setAttribute("aria-live", "polite");
  };
  attach();
  model.on("change:beat_ms", beat);
  return () => {
    gone = true;
    clearInterval(timer);
    if (!frame) return;
    frame.removeEventListener("keydown", onKey);
    frame.removeEventListener("click", onClick);
    frame.removeEventListener("focusin", onFocus);
    frame.removeEventListener("scroll", onScroll, true);
    redrawn.disconnect();
  };
}
export default { render };
"""


class Keys(anywidget.AnyWidget):
    """Reports `heard("ArrowRight")`, `heard("beat")` (every `beat_ms` milliseconds, 0 = never) and `clicked("name")`
    (elements with data-lk).
    """

    _esm = ESM
    wanted = traitlets.List(traitlets.Unicode()).tag(sync=True)
    beat_ms = traitlets.Int(0).tag(sync=True)

    def __init__(self, wanted=(), heard=None, clicked=None):
        super().__init__(wanted=list(wanted))
        self._heard, self._clicked = heard, clicked
        self.on_msg(self._message)

    def _message(self, _widget, content, _buffers):
        if "key" in content and self._heard:
            self._heard(content["key"])
        elif "click" in content and self._clicked:
            self._clicked(content["click"])


def fence(box):
    """Keep every key inside `box` (an ipywidgets box): letters typed on its buttons are no commands of JupyterLab.

    Returns `box`.
    """
    box.children = (Keys(), *box.children)
    box.add_class("lk-frame")
    return box
