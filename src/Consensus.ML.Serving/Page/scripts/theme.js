// Sets light or dark before anything is drawn, so that the page does not flash. It is no module, since modules run later.
(() => {
  try {
    const theme = localStorage.getItem('consensus-theme');
    if (theme === 'light' || theme === 'dark') {
      document.documentElement.dataset.theme = theme;
    }
  } catch {
    // A browser may forbid storage. Then the system's colours are used.
  }
})();
