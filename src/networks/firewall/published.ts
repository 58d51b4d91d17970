/**
 * What is translated to a container's address, which only hull-publish does (and whoever has the rights for it on this
 * host), is let through to the bridges, from outside and from other networks but the internal ones. Of what comes to
 * these addresses untranslated nothing is.
 */
export function publishedRules(bridges: {
	readonly closed: readonly string[];
	readonly open: readonly string[];
}): string[] {
	const set = (names: readonly string[]) => `{ ${names.join(", ")} }`;
	if (bridges.open.length === 0) return [];
	const from = bridges.closed.length === 0 ? "" : `iifname != ${set(bridges.closed)} `;
	return [`${from}oifname ${set(bridges.open)} ct status dnat accept`];
}
