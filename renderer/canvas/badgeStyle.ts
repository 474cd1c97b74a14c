/**
 * The frontend's own colours, by the variables that its palettes set, with those of its dark palette where it sets none.
 * Custom properties reach into a shadow tree; nothing else of the page's style does, and nothing of this leaks out.
 */
export const badgeStyle = `
:host { --ground: var(--comfy-menu-bg, #353535); --field: var(--comfy-input-bg, #222); --ink: var(--input-text, #ddd);
  --strong: var(--fg-color, #fff); --soft: var(--descrip-text, #999); --line: var(--border-color, #4e4e4e);
  --amber: #b45309; --amber-ground: #fde68a; font: 13px/1.4 Inter, system-ui, sans-serif; color: var(--ink); }
* { box-sizing: border-box; font: inherit; }
[hidden] { display: none !important; }
:focus-visible { outline: 2px solid var(--strong); outline-offset: 1px; }
.badge { display: flex; align-items: center; gap: 8px; max-width: 300px; height: 32px; padding: 0 12px 0 5px; border: 0;
  border-radius: 8px; background: var(--field); color: var(--ink); cursor: pointer; white-space: nowrap; }
.badge:hover, .badge[aria-expanded="true"] { color: var(--strong); }
.initial { flex: none; display: grid; place-items: center; width: 22px; height: 22px; border-radius: 50%;
  background: var(--line); color: var(--strong); font-size: 11px; font-weight: 600; }
.name { overflow: hidden; text-overflow: ellipsis; max-width: 110px; flex: 0 1 auto; }
.note { flex: 0 1 auto; overflow: hidden; text-overflow: ellipsis; padding-left: 8px; border-left: 1px solid var(--line);
  color: var(--strong); font-variant-numeric: tabular-nums; }
.note[data-tone="warning"] { border-left: 0; padding: 1px 8px; border-radius: 999px; background: var(--amber-ground);
  color: #451a03; font-weight: 600; }
.floating { position: fixed; z-index: 1000; right: 12px; bottom: 12px; }
.floating .badge { border: 1px solid var(--line); background: var(--ground); }
.panel { position: fixed; z-index: 10001; width: 288px; max-width: calc(100vw - 16px); max-height: calc(100vh - 16px);
  overflow: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: var(--ink);
  box-shadow: 0 8px 24px rgb(0 0 0 / 35%); }
.who { padding: 14px 16px; }
.who h2 { margin: 0; font-size: 15px; font-weight: 600; color: var(--strong); overflow-wrap: anywhere; }
.who p { margin: 2px 0 0; color: var(--ink); }
.part { padding: 12px 16px; border-top: 1px solid var(--line); }
.part h3 { margin: 0 0 4px; font-size: 12px; font-weight: 600; color: var(--ink); }
.part p { margin: 0; color: var(--strong); font-variant-numeric: tabular-nums; }
.part p + p { margin-top: 4px; }
.part p[data-tone="warning"] { padding-left: 8px; border-left: 3px solid var(--amber); }
button.small { margin-top: 6px; padding: 4px 10px; border: 1px solid var(--line); border-radius: 6px;
  background: var(--field); color: var(--strong); font-size: 12px; cursor: pointer; }
button.ready { display: block; width: 100%; min-height: 32px; padding: 6px 8px; border: 0; border-radius: 6px;
  background: transparent; color: var(--strong); text-align: left; cursor: pointer; overflow-wrap: anywhere; }
button.ready:hover { background: var(--field); }
.part p:empty { display: none; }
.part p[role="status"] { margin-top: 6px; }
meter { display: block; width: 100%; height: 6px; margin-top: 8px; appearance: none; border: 0; border-radius: 3px;
  background: var(--field); }
meter::-webkit-meter-inner-element { display: block; height: 6px; border: 0; }
meter::-webkit-meter-bar { height: 6px; border: 0; border-radius: 3px; background: var(--line); }
meter::-webkit-meter-optimum-value { border-radius: 3px; background: var(--strong); }
meter[data-tone="warning"]::-webkit-meter-optimum-value { background: #d97706; }
meter::-moz-meter-bar { border-radius: 3px; background: var(--strong); }
meter[data-tone="warning"]::-moz-meter-bar { background: #d97706; }
.links { display: flex; flex-direction: column; padding: 6px; border-top: 1px solid var(--line); }
.links a, .links button { display: block; width: 100%; min-height: 36px; padding: 8px 10px; border: 0; border-radius: 6px;
  background: transparent; color: var(--strong); text-align: left; text-decoration: none; cursor: pointer; }
.links a:hover, .links button:hover { background: var(--field); }
@media (max-width: 900px) { .badge:not([data-tone]) .name { display: none; } .badge { max-width: 220px; } }
`
