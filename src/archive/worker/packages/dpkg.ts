import type { SoftwarePackage } from "../../contract.ts";

/**
 * Installed packages of a dpkg database: paragraphs of `Key: value` lines.
 * https://www.debian.org/doc/debian-policy/ch-controlfields.html
 */
export function* debianPackages(text: string, location: string): Generator<SoftwarePackage> {
	for (const paragraph of text.split(/\n(?:[ \t]*\n)+/)) {
		const field = (key: string) => fieldOf(paragraph, key);
		const [name, version, status] = [field("Package"), field("Version"), field("Status")];
		if (name === undefined || version === undefined) continue;
		// Images without dpkg itself have no status in their databases.
		if (status !== undefined && !status.endsWith(" installed")) continue;
		const source = field("Source")?.split(" ")[0];
		yield {
			type: "deb",
			name,
			version,
			location,
			...present({ architecture: field("Architecture"), source, supplier: field("Maintainer") }),
		};
	}
}

/** The first line of a field; continuation lines begin with a space. */
export function fieldOf(paragraph: string, key: string): string | undefined {
	const start = paragraph.startsWith(`${key}:`) ? 0 : paragraph.indexOf(`\n${key}:`) + 1;
	if (start === 0 && !paragraph.startsWith(`${key}:`)) return undefined;
	const end = paragraph.indexOf("\n", start);
	const value = paragraph.slice(start + key.length + 1, end < 0 ? undefined : end).trim();
	return value === "" ? undefined : value;
}

/** The members that there are. */
export function present<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
