// What every page shares. Labels reach the page as text alone: nothing here parses HTML.
"use strict";

const pageData = () => JSON.parse(document.getElementById("data").textContent);

/** An element with a class and children: elements, or anything else as text. */
function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null));
  return made;
}
