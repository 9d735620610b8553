/** Small helpers for reading and changing the document. */

const SVG = "http://www.w3.org/2000/svg";

/** Return the element with this id, which the page's HTML is known to have. @param {string} id */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Return the input with this id. @param {string} id */
export const inputById = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));

/**
 * Return the first element below `root` that fits, which is known to be there.
 * @param {ParentNode} root
 * @param {string} selector
 */
export const find = (root, selector) => /** @type {HTMLElement} */ (root.querySelector(selector));

/**
 * Make an SVG element.
 * @param {string} name
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} content
 */
export function svg(name, attributes = {}, ...content) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, name));
  setAttributes(element, attributes);
  element.append(...content);
  return element;
}

/** Make an HTML element. @param {string} name @param {string} className @param {...(Node | string)} content */
export function html(name, className, ...content) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

/**
 * Set those attributes that differ, so that nothing is laid out or announced twice.
 * @param {Element} element
 * @param {Record<string, string | number | boolean>} attributes
 */
export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
  }
}

/** Set an element's text if it differs. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Change a text that stays in its place, which costs less than another one. @param {ChildNode | null} text @param {string} data */
export function setData(text, data) {
  if (text && text.nodeValue !== data) text.nodeValue = data;
}

/**
 * Enable or disable a button and leave the focus where it is, which `disabled` would not.
 * @param {string} id
 * @param {boolean} enabled
 */
export const setEnabled = (id, enabled) => setAttributes(byId(id), { "aria-disabled": !enabled });

/** Whether a button takes presses. @param {string} id */
export const isEnabled = (id) => byId(id).getAttribute("aria-disabled") !== "true";

/**
 * Show or hide a button; a hidden one hands the focus to the button `fallback`.
 * @param {string} id
 * @param {boolean} shown
 * @param {string} fallback
 */
export function setShown(id, shown, fallback) {
  const button = byId(id);
  if (!shown && document.activeElement === button) byId(fallback).focus();
  if (button.hidden === shown) button.hidden = !shown;
}
