// theme.js - light or dark: the system's, until the reader chooses. A classic script in the head, so that the page is never drawn in the
// wrong colours first.
(() => {
  const KEY = 'folio.theme';
  const dark = matchMedia('(prefers-color-scheme: dark)');

  /** What was chosen before; storage may be forbidden. */
  const chosen = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  let choice = chosen();

  const isDark = () => (choice === 'dark' || choice === 'light' ? choice === 'dark' : dark.matches);

  const show = () => {
    document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
    document.getElementById('theme')?.setAttribute('aria-pressed', String(isDark()));
    document.dispatchEvent(new Event('themechange'));
  };

  show();
  dark.addEventListener('change', show);
  document.addEventListener('DOMContentLoaded', () => {
    show();
    document.getElementById('theme')?.addEventListener('click', () => {
      choice = isDark() ? 'light' : 'dark';
      try {
        localStorage.setItem(KEY, choice);
      } catch {
        // The choice then lasts as long as the page.
      }
      show();
    });
  });
})();
