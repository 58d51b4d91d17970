import type { Refuse } from "./dockerfile/refuse.ts";

const units: Readonly<Record<string, number>> = {
	"": 1,
	b: 1,
	k: 2 ** 10,
	m: 2 ** 20,
	g: 2 ** 30,
	t: 2 ** 40,
};

/** Bytes of `64m`, `1GiB`, `1024`. */
export function parseSize(text: string, refuse: Refuse): number {
	const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text);
	if (match === null) return refuse(`invalid size: '${text}'`, text);
	return Math.floor(Number(match[1]) * units[match[2]!.toLowerCase()]!);
}
