/** The policy file: one JSON object, `{ "sockets": [ … ] }`. `docs/scoped-sockets.md` describes it. */
import { readFileSync, statSync } from "node:fs";
import { posix } from "node:path";
import { parseMemoryBytes } from "../api/index.ts";
import { EngineError, errnoOf } from "../lib/index.ts";
import type { AllowedBind, Limits, RoleName, Rules, Scope, SocketPolicy } from "./contract.ts";
import { canBeScoped, operationsNamed } from "./operations.ts";
import { imagePattern, type NamePattern, namePattern } from "./patterns.ts";
import { roles } from "./roles.ts";

const maxFileBytes = 1024 * 1024;

/** Reads and checks a file. Errors: `invalid_argument`, naming the member. */
export function readPolicies(path: string): SocketPolicy[] {
	try {
		const { size, mode } = statSync(path);
		if (size > maxFileBytes) throw invalid(`${path}: too long for a policy`);
		if ((mode & 0o022) !== 0) throw invalid(`${path}: others than its owner may write to it`);
		return parsePolicies(readFileSync(path, "utf8"), path);
	} catch (error) {
		if (errnoOf(error) === undefined || error instanceof EngineError) throw error;
		throw new EngineError("invalid_argument", `${path}: ${(error as Error).message}`, { cause: error });
	}
}

/** @param what names the policies in errors. */
export function parsePolicies(text: string, what: string): SocketPolicy[] {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch (cause) {
		throw new EngineError("invalid_argument", `${what}: ${(cause as Error).message}`, { cause });
	}
	const place = new Place(what, document);
	place.onlyMembers(["sockets"]);
	const policies = place.list("sockets").map(parseSocket);
	for (const key of ["name", "path"] as const) {
		const twice = policies.find((one, at) => policies.findIndex((other) => other[key] === one[key]) < at);
		if (twice !== undefined) throw invalid(`${what}: sockets: two have the ${key} ${twice[key]}`);
	}
	return policies;
}

const members = [
	...["name", "path", "mode", "owner", "group", "role", "scope", "allow", "deny", "images", "tags"],
	...["networks", "names", "binds", "volumeOptions", "capabilities", "ports", "limits", "logAllowed"],
];

function parseSocket(place: Place): SocketPolicy {
	place.onlyMembers(members);
	const path = absolute(place, "path", place.needed("path"));
	const name = place.text("name") ?? posix.basename(path).replace(/\.sock$/, "");
	if (!/^[a-z0-9][a-z0-9_.-]{0,62}$/.test(name))
		throw place.wrong("name", "up to 63 of a-z, 0-9, _ . -, a letter or digit first");
	const roleName = place.text("role") ?? "none";
	if (!Object.hasOwn(roles, roleName)) throw place.wrong("role", "read-only, developer or operator");
	const role = roles[roleName as RoleName];
	const scope = place.text("scope") ?? role.scope;
	if (scope !== "own" && scope !== "all") throw place.wrong("scope", "own or all");
	return {
		name,
		path,
		mode: modeOf(place),
		owner: place.text("owner"),
		group: place.text("group"),
		role: roleName as RoleName,
		scope,
		operations: operationsOf(place, roleName as RoleName, scope),
		rules: rulesOf(place, role.rules(name)),
		logAllowed: place.flag("logAllowed") ?? false,
	};
}

function modeOf(place: Place): number {
	const text = place.text("mode") ?? "0660";
	if (!/^0?[0-7]{3}$/.test(text)) throw place.wrong("mode", "permission bits like 0660");
	return Number.parseInt(text, 8);
}

function operationsOf(place: Place, role: RoleName, scope: Scope): ReadonlySet<string> {
	const named = (member: "allow" | "deny") =>
		place.texts(member)?.flatMap((text) => {
			const found = operationsNamed(text);
			if (found !== undefined) return found;
			throw place.wrong(member, `names of operations or @groups, not ${JSON.stringify(text)}`);
		}) ?? [];
	const allowed = named("allow");
	const odd = scope === "own" ? allowed.find((id) => !canBeScoped(id)) : undefined;
	if (odd !== undefined)
		throw place.wrong("allow", `operations that can be limited to a socket's own, which ${odd} cannot`);
	const ofRole = roles[role].groups.flatMap((group) => operationsNamed(`@${group}`)!);
	const all = new Set(scope === "own" ? ofRole.filter(canBeScoped) : ofRole);
	for (const id of allowed) all.add(id);
	for (const id of named("deny")) all.delete(id);
	return all;
}

function rulesOf(place: Place, role: Rules): Rules {
	const patterns = (member: "images" | "tags" | "networks" | "names", parse: (text: string) => NamePattern) =>
		place.texts(member)?.map(parse) ?? role[member];
	return {
		images: patterns("images", imagePattern),
		tags: patterns("tags", imagePattern),
		networks: patterns("networks", namePattern),
		names: patterns("names", namePattern),
		binds: place.has("binds") ? bindsOf(place) : role.binds,
		volumeOptions: place.texts("volumeOptions") ?? role.volumeOptions,
		capabilities: place.texts("capabilities")?.map((name) => capability(place, name)) ?? role.capabilities,
		ports: place.has("ports") ? portsOf(place.member("ports")) : role.ports,
		limits: place.has("limits") ? limitsOf(place.member("limits")) : role.limits,
	};
}

function bindsOf(place: Place): AllowedBind[] {
	return place.list("binds").map((one) => {
		if (typeof one.value === "string") return { source: absolute(one, "", one.value), readOnly: false };
		one.onlyMembers(["source", "readOnly"]);
		return {
			source: absolute(one, "source", one.needed("source")),
			readOnly: one.flag("readOnly") ?? false,
		};
	});
}

function capability(place: Place, text: string): string {
	const name = text.toUpperCase().replace(/^CAP_/, "");
	if (!/^[A-Z_]{3,32}$/.test(name) || name === "ALL")
		throw place.wrong("capabilities", "names of capabilities like NET_ADMIN");
	return name;
}

function portsOf(place: Place): Rules["ports"] {
	place.onlyMembers(["from", "to"]);
	const from = place.number("from") ?? 1024;
	const to = place.number("to") ?? 65535;
	if (!Number.isInteger(from) || !Number.isInteger(to) || from < 1 || to > 65535 || from > to + 1)
		throw place.wrong("", "from and to between 1 and 65535");
	return { from, to };
}

function limitsOf(place: Place): Limits {
	place.onlyMembers(["memory", "cpus", "pids", "containers"]);
	const count = (member: "pids" | "containers") => {
		const value = place.number(member);
		if (value !== undefined && (!Number.isInteger(value) || value < 1))
			throw place.wrong(member, "a whole number above zero");
		return value;
	};
	const cpus = place.number("cpus");
	if (cpus !== undefined && !(cpus >= 0.01 && cpus <= 4096)) throw place.wrong("cpus", "a number like 1.5");
	return {
		memoryBytes: memoryOf(place),
		cpuNanos: cpus === undefined ? undefined : Math.round(cpus * 1e9),
		pids: count("pids"),
		containers: count("containers"),
	};
}

function memoryOf(place: Place): number | undefined {
	const text = place.text("memory");
	if (text === undefined) return undefined;
	try {
		const bytes = parseMemoryBytes(text);
		if (bytes > 0) return bytes;
	} catch {}
	throw place.wrong("memory", "a size above zero, like 512m");
}

function absolute(place: Place, member: string, path: string): string {
	if (!path.startsWith("/") || path.includes("\0")) throw place.wrong(member, "an absolute path");
	const normal = posix.normalize(path);
	return normal.length > 1 ? normal.replace(/\/+$/, "") : normal;
}

/** A value of the file, and where it stands. */
class Place {
	readonly #name: string;
	readonly value: unknown;

	constructor(name: string, value: unknown) {
		this.#name = name;
		this.value = value;
	}

	wrong(member: string, wanted: string): EngineError {
		return invalid(`${this.#name}${member === "" ? "" : `.${member}`}: expected ${wanted}`);
	}

	has(member: string): boolean {
		return this.#object()[member] !== undefined;
	}

	onlyMembers(known: readonly string[]): void {
		for (const key of Object.keys(this.#object()))
			if (!known.includes(key)) throw invalid(`${this.#name}: unknown member ${JSON.stringify(key)}`);
	}

	member(member: string): Place {
		return new Place(`${this.#name}.${member}`, this.#object()[member]);
	}

	list(member: string): Place[] {
		const value = this.#object()[member];
		if (!Array.isArray(value)) throw this.wrong(member, "a list");
		return value.map((item, at) => new Place(`${this.#name}.${member}[${at}]`, item));
	}

	text(member: string): string | undefined {
		return this.#typed(member, "string", "a text");
	}

	needed(member: string): string {
		const value = this.text(member);
		if (value === undefined) throw this.wrong(member, "a text");
		return value;
	}

	number(member: string): number | undefined {
		return this.#typed(member, "number", "a number");
	}

	flag(member: string): boolean | undefined {
		return this.#typed(member, "boolean", "true or false");
	}

	texts(member: string): string[] | undefined {
		if (!this.has(member)) return undefined;
		return this.list(member).map(({ value }) => {
			if (typeof value === "string" && value !== "") return value;
			throw this.wrong(member, "a list of texts");
		});
	}

	#typed<T>(member: string, type: string, wanted: string): T | undefined {
		const value = this.#object()[member];
		if (value !== undefined && typeof value !== type) throw this.wrong(member, wanted);
		return value as T | undefined;
	}

	#object(): Record<string, unknown> {
		const { value } = this;
		if (typeof value !== "object" || value === null || Array.isArray(value))
			throw this.wrong("", "an object");
		return value as Record<string, unknown>;
	}
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
