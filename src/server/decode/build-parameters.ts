/** Parameters of `POST /build` that are JSON in themselves. Errors: `invalid_argument` with Docker's text. */
import { AuthConfig, type imageBuild, type QueryOf } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { ClassicBuild } from "../build-backend.ts";
import { decodeJson } from "./json-body.ts";

type Query = QueryOf<typeof imageBuild>;

export function buildParameters(
	query: Query,
	registryConfig: string | undefined,
): Omit<ClassicBuild, "query" | "body"> {
	refuseOutputs(query.outputs);
	return {
		buildArgs: textMap(query.buildargs, "error reading build args", true),
		labels: textMap(query.labels, "error reading labels", false) as Record<string, string>,
		cacheFrom: textList(query.cachefrom),
		ulimits: ulimits(query.ulimits),
		auth: registryCredentials(registryConfig),
	};
}

/** With the classic builder there is one output: the image in the store. */
function refuseOutputs(text: string | undefined): void {
	const outputs = parse(text, "error reading outputs");
	if (outputs === undefined || (Array.isArray(outputs) && outputs.length === 0)) return;
	throw new EngineError(
		"not_implemented",
		"outputs are not supported by POST /build: use hull build --output, or buildx",
	);
}

function textMap(text: string | undefined, what: string, canBeNull: boolean): Record<string, string | null> {
	const value = parse(text, what) ?? {};
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw new EngineError("invalid_argument", `${what}: expected a map of texts`);
	for (const [key, item] of Object.entries(value))
		if (typeof item !== "string" && !(canBeNull && item === null))
			throw new EngineError("invalid_argument", `${what}: ${JSON.stringify(key)} is no text`);
	return Object.fromEntries(Object.entries(value));
}

function textList(text: string | undefined): string[] {
	const value = parse(text, "error reading cache-from") ?? [];
	if (!Array.isArray(value) || value.some((item) => typeof item !== "string"))
		throw new EngineError("invalid_argument", "error reading cache-from: expected a list of texts");
	return value;
}

function ulimits(text: string | undefined): ClassicBuild["ulimits"] {
	const what = "error reading ulimit settings";
	const value = parse(text, what) ?? [];
	if (!Array.isArray(value)) throw new EngineError("invalid_argument", `${what}: expected a list`);
	return value.map((item: unknown) => {
		const { Name, Soft, Hard } = (item ?? {}) as Record<string, unknown>;
		if (typeof Name !== "string" || !Number.isSafeInteger(Soft) || !Number.isSafeInteger(Hard))
			throw new EngineError("invalid_argument", `${what}: expected Name, Soft and Hard`);
		return { name: Name, soft: Soft as number, hard: Hard as number };
	});
}

/** `X-Registry-Config`: base64 of JSON, registry → AuthConfig. */
function registryCredentials(header: string | undefined): ClassicBuild["auth"] {
	if (header === undefined || header === "") return {};
	let map: unknown;
	try {
		map = JSON.parse(Buffer.from(header, "base64url").toString("utf8"));
	} catch (cause) {
		// The text is left out of the message: it holds passwords.
		throw new EngineError("invalid_argument", "invalid X-Registry-Config header", { cause });
	}
	return credentialsOf(map);
}

/** Registry → username and password, from a map of AuthConfigs. */
export function credentialsOf(map: unknown): ClassicBuild["auth"] {
	if (map === null || map === undefined) return {};
	if (typeof map !== "object" || Array.isArray(map))
		throw new EngineError("invalid_argument", "credentials of a build: expected a map of registries");
	return Object.fromEntries(
		Object.entries(map).map(([address, value]) => {
			const { username, password, auth } = decodeJson(AuthConfig, JSON.stringify(value)).value as AuthConfig;
			const [user = "", secret = ""] = auth && !username ? splitAuth(auth) : [username, password];
			return [registryOf(address), { username: user, password: secret }];
		}),
	);
}

/** base64 of `username:password`. */
function splitAuth(auth: string): [string, string] {
	const text = Buffer.from(auth, "base64").toString();
	const colon = text.indexOf(":");
	return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** The hub is named by its old address. */
function registryOf(address: string): string {
	const domain = address.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
	return domain === "index.docker.io" ? "docker.io" : domain;
}

function parse(text: string | undefined, what: string): unknown {
	if (text === undefined || text === "") return undefined;
	try {
		return JSON.parse(text) ?? undefined;
	} catch (cause) {
		throw new EngineError("invalid_argument", `${what}: ${(cause as Error).message}`, { cause });
	}
}
