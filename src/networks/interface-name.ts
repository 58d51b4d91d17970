import { EngineError } from "../lib/index.ts";
import { decodeLink, getLink, openRouteSocket } from "../sys/index.ts";
import type { NetworksContext } from "./context.ts";

/**
 * The name that a new interface gets in a namespace: the one that was asked for, else the prefix with the next free
 * number. Errors: `conflict` when an interface has the name that was asked for.
 */
export async function chooseInterfaceName(
	context: NetworksContext,
	where: { readonly containerId: string; readonly namespaceFd: number },
	how: { readonly prefix: string; readonly requested: string | undefined },
): Promise<string> {
	const isWanted = (name: string) => (how.requested ?? how.prefix) === name || isNumbered(how.prefix, name);
	const ours = new Set(
		context.endpoints.ofContainer(where.containerId).map(({ interfaceName }) => interfaceName),
	);
	let names = namesIn(where.namespaceFd);
	// The namespace may still have the interface of an endpoint that was just given back.
	if (names.some((name) => isWanted(name) && !ours.has(name))) {
		await context.removal.settle();
		names = namesIn(where.namespaceFd);
	}
	if (how.requested === undefined) return nextNumber(how.prefix, new Set([...names, ...ours]));
	if (names.includes(how.requested) || ours.has(how.requested))
		throw new EngineError("conflict", `the container has an interface ${how.requested} already`);
	return how.requested;
}

function namesIn(namespaceFd: number): string[] {
	using inside = openRouteSocket(namespaceFd);
	return inside.dump(getLink()).map((answer) => decodeLink(answer).name);
}

function nextNumber(prefix: string, used: ReadonlySet<string>): string {
	let number = 0;
	while (used.has(`${prefix}${number}`)) number++;
	return `${prefix}${number}`;
}

function isNumbered(prefix: string, name: string): boolean {
	return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
}
