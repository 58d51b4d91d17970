import { EngineError } from "../lib/index.ts";
import type { EngineEvent } from "./contract.ts";

/** Docker's filters: key → values, any of which may match; all keys must. */
export type EventFilters = Readonly<Record<string, readonly string[]>>;

/**
 * The predicate of `docker events --filter`, by moby's rules: `container`, `network`, `volume`, `daemon` and `plugin`
 * match an id or name by prefix, `image` a name with or without tag, also of containers made from it, `event` exactly
 * but for `exec_create`, `exec_start`, `health_status` and `health_on_failure`, which carry a text. Errors: `invalid_argument` for a key
 * that is not known.
 */
export function eventFilter(filters: EventFilters): (event: EngineEvent) => boolean {
	const tests = Object.entries(filters)
		.filter(([, values]) => values.length > 0)
		.map(([key, values]) => {
			const matches = matchers.get(key);
			if (matches === undefined) throw new EngineError("invalid_argument", `invalid filter '${key}'`);
			return (event: EngineEvent) => matches(event, values);
		});
	return (event) => tests.every((test) => test(event));
}

type Matcher = (event: EngineEvent, values: readonly string[]) => boolean;

const matchers: ReadonlyMap<string, Matcher> = new Map([
	["event", matchesAction],
	["image", matchesImage],
	["label", matchesLabels],
	["scope", (_event, values) => values.includes("local")],
	["type", (event, values) => values.includes(event.type)],
	// Swarm's are known and match no event of ours.
	...["container", "daemon", "network", "plugin", "volume", "node", "service", "secret", "config"].map(
		(key): [string, Matcher] => [key, matchesActor],
	),
]);

const actionsWithText = new Set(["exec_create", "exec_start", "health_status", "health_on_failure"]);

function matchesAction(event: EngineEvent, values: readonly string[]): boolean {
	if (values.some((value) => actionsWithText.has(value)))
		return values.some((value) => event.action.startsWith(value));
	return values.includes(event.action);
}

function matchesActor({ actor }: EngineEvent, values: readonly string[]): boolean {
	const name = actor.attributes["name"] ?? "";
	return values.some((value) => actor.id.startsWith(value) || name.startsWith(value));
}

function matchesImage({ type, actor }: EngineEvent, values: readonly string[]): boolean {
	const name = actor.attributes[type === "image" ? "name" : "image"] ?? "";
	const names = [actor.id, name, withoutTag(actor.id), withoutTag(name)];
	return values.some((value) => names.includes(value));
}

/** Labels are attributes; each wanted one must be there. */
function matchesLabels({ actor }: EngineEvent, values: readonly string[]): boolean {
	return values.every((value) => {
		const equals = value.indexOf("=");
		const key = equals < 0 ? value : value.slice(0, equals);
		const found = Object.hasOwn(actor.attributes, key) ? actor.attributes[key] : undefined;
		return found !== undefined && (equals < 0 || found === value.slice(equals + 1));
	});
}

/** The short name of a reference: `docker.io/library/busybox:1.36` is `busybox`. */
function withoutTag(reference: string): string {
	const name = reference.replace(/@.*$/s, "").replace(/:[^:/]*$/, "");
	return name.replace(/^docker\.io\/(library\/)?/, "");
}
