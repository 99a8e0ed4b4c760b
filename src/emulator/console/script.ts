/**
 * The script of the emulator's page, which keeps pages current. Everything that it shows was rendered on the server, and
 * pages work without it.
 */
export const script = `'use strict';
(() => {
  const { events, epoch, changes, copied, path } = document.body.dataset;
  const show = (id, isShown) => { document.getElementById(id).hidden = !isShown; };

  // Hides the fields of the choices that are not selected.
  const applyChoices = () => {
    for (const part of document.querySelectorAll('[data-when]')) {
      const select = part.closest('form').elements.namedItem(part.dataset.when);
      part.hidden = select.value !== part.dataset.is;
      for (const field of part.querySelectorAll('input, select, textarea')) field.disabled = part.hidden;
    }
  };
  document.addEventListener('change', applyChoices);
  applyChoices();

  const showCopyButtons = () => {
    for (const button of document.querySelectorAll('[data-copy][hidden]')) button.hidden = !navigator.clipboard;
  };
  showCopyButtons();
  document.addEventListener('click', async (event) => {
    const button = event.target.closest('[data-copy]');
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.textContent;
    const status = document.getElementById('copy-status');
    button.textContent = copied;
    status.textContent = copied;
    setTimeout(() => {
      button.textContent = label;
      status.textContent = '';
    }, 1500);
  });

  let isConnected = true;
  document.addEventListener('submit', (event) => {
    if (event.target.method !== 'post') return;
    // The browser's own error page would lose what was typed.
    if (!isConnected) return event.preventDefault();
    for (const button of event.target.querySelectorAll('button[type=submit]')) button.disabled = true;
  });
  // Shown again by the back button.
  addEventListener('pageshow', () => {
    for (const button of document.querySelectorAll('button[type=submit]')) button.disabled = false;
  });

  const isBusy = (part) =>
    part.querySelector('details[open]') !== null ||
    (part.contains(document.activeElement) && document.activeElement.matches('input, select, textarea, button, summary')) ||
    (getSelection().rangeCount > 0 && !getSelection().isCollapsed && part.contains(getSelection().anchorNode));

  let isRefreshing = false;
  let isStale = false;
  const refresh = async () => {
    if (isRefreshing) { isStale = true; return; }
    isRefreshing = true;
    try {
      // A refused form is shown at the address of its action, which is not that of the page.
      const response = await fetch(path, { headers: { accept: 'text/html' } });
      if (!response.ok) return;
      const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
      for (const part of document.querySelectorAll('[data-live]')) {
        const other = fresh.getElementById(part.id);
        if (!other || isBusy(part) || other.innerHTML === part.innerHTML) continue;
        const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
        part.replaceChildren(...other.childNodes);
        if (focused !== null) {
          const again = [...part.querySelectorAll('a')].find((link) => link.getAttribute('href') === focused);
          if (again) again.focus({ preventScroll: true });
        }
      }
      showCopyButtons();
    } catch {
      // The event source reports that the emulator is gone.
    } finally {
      isRefreshing = false;
      if (isStale) { isStale = false; refresh(); }
    }
  };

  let source;
  const listen = () => {
    source = new EventSource(events);
    source.addEventListener('hello', ({ data }) => {
      isConnected = true;
      show('stopped', false);
      const now = JSON.parse(data);
      show('was-reset', now.epoch !== epoch);
      // The page was rendered before it listened.
      if (String(now.changes) !== changes) refresh();
    });
    source.addEventListener('change', refresh);
    source.addEventListener('error', () => {
      isConnected = false;
      show('stopped', true);
      // Browsers try again, unless the answer was an error.
      if (source?.readyState === EventSource.CLOSED) setTimeout(listenAgain, retryMs);
    });
  };
  const retryMs = 2000;
  const listenAgain = async () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    try {
      const { status } = await fetch(path, { method: 'HEAD' });
      // The cookie is that of another identity.
      show('locked', status === 401);
      show('stopped', status !== 401);
      if (status !== 401) return listen();
    } catch {
      // It is still stopped.
    }
    setTimeout(listenAgain, retryMs);
  };
  // Browsers open few connections to a host, so hidden tabs leave theirs to the visible ones.
  const listenWhileVisible = () => {
    if (document.hidden) {
      source?.close();
      source = undefined;
    } else if (source === undefined) {
      listen();
      refresh();
    }
  };
  document.addEventListener('visibilitychange', listenWhileVisible);
  if (!document.hidden) listen();
})();
`;
