// The icon of the pages: a key.

export const ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#188350"/>' +
  '<circle cx="5.6" cy="8" r="2.1" fill="none" stroke="#fff" stroke-width="1.6"/>' +
  '<path d="M7.7 8h5.1v2.2M10.6 8v1.7" fill="none" stroke="#fff" stroke-width="1.6"/></svg>'
