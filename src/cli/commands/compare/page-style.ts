/** For light and dark screens and for paper; colours that are told apart without red and green. */
export const pageStyle = `
:root { color-scheme: light dark; --back: #fff; --fore: #1b1f24; --soft: #5b6570; --line: #d9dee4; --panel: #f6f8fa;
	--s0: #2f6fb5; --s1: #c4701c; --s2: #6a4fa3; --host: #9a4a00; --safe: #1d6b3c; }
@media (prefers-color-scheme: dark) {
	:root { --back: #14181d; --fore: #e5e9ee; --soft: #9aa5b1; --line: #333b45; --panel: #1b2027;
		--s0: #6ca6e6; --s1: #eba255; --s2: #ab93df; --host: #f0a860; --safe: #79c995; } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem; background: var(--back); color: var(--fore);
	font: 16px/1.5 system-ui, sans-serif }
h1 { margin: 0; font-size: 1.8rem; overflow-wrap: anywhere }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem }
header p { margin: .25rem 0; color: var(--soft); overflow-wrap: anywhere }
.key { display: inline-block; width: .9em; height: .9em; margin: 0 .4em 0 .9em; vertical-align: -.1em; border-radius: 2px }
.key:first-child { margin-left: 0 }
.key.s0 { background: var(--s0) } .key.s1 { background: var(--s1) } .key.s2 { background: var(--s2) }
rect.s0 { fill: var(--s0) } rect.s1 { fill: var(--s1) } rect.s2 { fill: var(--s2) }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: 1rem }
figure { margin: 0; padding: .75rem; background: var(--panel); border-radius: 6px; break-inside: avoid }
svg { display: block; width: 100% }
svg text { fill: var(--fore); font: 13px system-ui, sans-serif }
svg .title { font-weight: 600 } svg .hint { fill: var(--soft); font-weight: 400; font-size: 11px }
svg .figure { font-variant-numeric: tabular-nums }
table { width: 100%; table-layout: fixed; border-collapse: collapse; font-size: .93rem }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
	font-weight: 400; overflow-wrap: anywhere }
tbody th { width: 34% } thead th { font-weight: 600 }
tr { break-inside: avoid }
.host { color: var(--host); font-weight: 600 } .own, .denied { color: var(--safe) } .none { color: var(--soft) }
.failure { padding: .6rem .9rem; border-left: 4px solid var(--host); background: var(--panel) }
dt { margin-top: .9rem; font-weight: 600 } dd { margin: 0 } dd ul { margin: .2rem 0; padding-left: 1.3rem }
@media print { body { max-width: none; padding: 0; font-size: 11px } .plots { grid-template-columns: repeat(3, 1fr) }
	rect { print-color-adjust: exact } }
`;
