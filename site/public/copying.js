/** Copying to the clipboard, in browsers and contexts that make it hard. */

const COPIED_MS = 2_000;

/** Copy a text; return whether the browser allowed it. @param {string} text */
async function copyText(text) {
  if (navigator.clipboard)
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  // Outside a secure context there is only the older way: to select a text and copy that.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return isCopied;
}

/**
 * Join a button to a text to copy; its own text says for a while that it was copied.
 * @param {HTMLElement} button
 * @param {string} copied
 * @param {() => string | undefined} text
 * @param {() => void} refused
 */
export function copyByButton(button, copied, text, refused) {
  const name = button.textContent;
  button.addEventListener("click", async () => {
    const copying = text();
    if (copying === undefined) return;
    if (!(await copyText(copying))) return refused();
    button.textContent = copied;
    setTimeout(() => {
      button.textContent = name;
    }, COPIED_MS);
  });
}

/** Let a selection of digits be copied without the line breaks between blocks. @param {HTMLElement} element */
export function copyPlainDigits(element) {
  element.addEventListener("copy", (event) => {
    const selected = String(getSelection());
    if (/[^\d\s]/.test(selected) || !event.clipboardData) return;
    event.clipboardData.setData("text/plain", selected.replace(/\s/g, ""));
    event.preventDefault();
  });
}
