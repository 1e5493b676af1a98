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

  /** What a browser draws around the page: --paper of css/colours.css. */
  const PAPER = { light: '#f7f6f3', dark: '#14141a' };

  const isDark = () => (choice === 'dark' || choice === 'light' ? choice === 'dark' : dark.matches);

  const show = () => {
    const theme = isDark() ? 'dark' : 'light';
    document.documentElement.dataset.theme = theme;
    document.querySelector('meta[name=theme-color]')?.setAttribute('content', PAPER[theme]);
    document.getElementById('theme')?.setAttribute('aria-pressed', String(isDark()));
    document.dispatchEvent(new Event('themechange'));
  };

  /** All colours at once; what else fades does so again when they are there. */
  const turn = () => {
    const { classList } = document.documentElement;
    classList.add('turning');
    show();
    requestAnimationFrame(() => setTimeout(() => classList.remove('turning')));
  };

  show();
  dark.addEventListener('change', turn);
  document.addEventListener('DOMContentLoaded', () => {
    show();
    document.getElementById('theme')?.addEventListener('click', () => {
      choice = isDark() ? 'light' : 'dark';
      try {
        localStorage.setItem(KEY, choice);
      } catch {
        // The choice then lasts as long as the page.
      }
      turn();
    });
  });
})();
