import { posix } from "node:path";
import { EngineError } from "../lib/index.ts";
import type { ImageRunConfig } from "../oci/index.ts";
import { parseHealthcheck } from "./change-healthcheck.ts";
import { parsePairs, parseWords } from "./change-words.ts";

type Apply = (config: ImageRunConfig, text: string) => ImageRunConfig;

/**
 * Applies Dockerfile instructions (`docker commit --change`, `docker import --change`) to a run configuration.
 * https://docs.docker.com/reference/dockerfile/
 */
export function applyChanges(config: ImageRunConfig, changes: readonly string[]): ImageRunConfig {
	let changed = config;
	let commandSet = false;
	for (const line of changes.flatMap((change) => change.split("\n"))) {
		const match = /^\s*([A-Za-z]+)(?:\s+(.*?))?\s*$/s.exec(line);
		if (match === null) {
			if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
			throw invalid(`${JSON.stringify(line)} is not a Dockerfile instruction`);
		}
		const name = match[1]!.toLowerCase();
		const text = match[2] ?? "";
		const apply = Object.hasOwn(instructions, name) ? instructions[name] : undefined;
		if (apply === undefined) throw invalid(`${name} is not a valid change command`);
		if (text === "") throw invalid(`${name.toUpperCase()} requires at least one argument`);
		changed = apply(changed, text);
		if (name === "cmd") commandSet = true;
		// A command belongs to its entrypoint, unless it was given for it.
		if (name === "entrypoint" && !commandSet) changed = { ...changed, Cmd: null };
	}
	return changed;
}

const instructions: Readonly<Record<string, Apply>> = {
	cmd: (config, text) => ({ ...config, Cmd: parseCommand(config, text) }),
	entrypoint: (config, text) => ({ ...config, Entrypoint: parseCommand(config, text) }),
	env: (config, text) => ({
		...config,
		Env: withVariables(config.Env ?? [], parsePairs("ENV", text, config.Env)),
	}),
	expose: (config, text) => ({
		...config,
		ExposedPorts: { ...config.ExposedPorts, ...parsePorts(config, text) },
	}),
	healthcheck: (config, text) => ({
		...config,
		Healthcheck: parseHealthcheck(text, jsonList),
	}),
	label: (config, text) => ({
		...config,
		Labels: { ...config.Labels, ...Object.fromEntries(parsePairs("LABEL", text, config.Env)) },
	}),
	onbuild: (config, text) => ({ ...config, OnBuild: [...(config.OnBuild ?? []), checkOnBuild(text)] }),
	stopsignal: (config, text) => ({ ...config, StopSignal: checkSignal(oneWord("STOPSIGNAL", text, config)) }),
	user: (config, text) => ({ ...config, User: oneWord("USER", text, config) }),
	volume: (config, text) => ({
		...config,
		Volumes: {
			...config.Volumes,
			...Object.fromEntries(
				(jsonList(text) ?? parseWords(text, config.Env)).map((path) => [checkVolume(path), {}]),
			),
		},
	}),
	workdir: (config, text) => ({
		...config,
		WorkingDir: posix.resolve("/", config.WorkingDir ?? "/", oneWord("WORKDIR", text, config)),
	}),
};

/** The list form, or the shell form run by the image's shell. */
function parseCommand({ Shell }: ImageRunConfig, text: string): string[] {
	return jsonList(text) ?? [...(Shell?.length ? Shell : ["/bin/sh", "-c"]), text];
}

/** `["a", "b"]`, else `undefined`: what only looks like a list is a shell's line, as in a Dockerfile. */
function jsonList(text: string): string[] | undefined {
	if (!text.startsWith("[")) return undefined;
	try {
		const list: unknown = JSON.parse(text);
		if (Array.isArray(list) && list.every((element) => typeof element === "string")) return list;
	} catch {
		// `[ -f /x ] && …`
	}
	return undefined;
}

/** A variable that is there keeps its place. */
function withVariables(env: readonly string[], pairs: readonly (readonly [string, string])[]): string[] {
	const variables = new Map(env.map((variable) => [variable.split("=", 1)[0]!, variable]));
	for (const [name, value] of pairs) variables.set(name, `${name}=${value}`);
	return [...variables.values()];
}

function parsePorts(config: ImageRunConfig, text: string): Record<string, Record<string, never>> {
	const ports: Record<string, Record<string, never>> = {};
	for (const word of parseWords(text, config.Env)) {
		const match = /^([0-9]{1,5})(?:-([0-9]{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word);
		const first = Number(match?.[1]);
		const last = Number(match?.[2] ?? first);
		if (match === null || first > last || last > 65535) throw invalid(`invalid containerPort: ${word}`);
		for (let port = first; port <= last; port++) ports[`${port}/${(match[3] ?? "tcp").toLowerCase()}`] = {};
	}
	return ports;
}

function checkOnBuild(text: string): string {
	const trigger = text.split(/\s/, 1)[0]!.toUpperCase();
	if (trigger === "ONBUILD") throw invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
	if (trigger === "MAINTAINER" || trigger === "FROM")
		throw invalid(`${trigger} isn't allowed as an ONBUILD trigger`);
	return text;
}

function checkSignal(text: string): string {
	if (
		/^(SIG)?[A-Z][A-Z0-9+-]*$/i.test(text) ||
		(/^[0-9]{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64)
	)
		return text;
	throw invalid(`invalid signal: ${text}`);
}

function checkVolume(path: string): string {
	if (path.trim() === "") throw invalid("VOLUME specified can not be an empty string");
	return path.trim();
}

function oneWord(name: string, text: string, config: ImageRunConfig): string {
	const words = parseWords(text, config.Env);
	if (words.length !== 1) throw invalid(`${name} requires exactly one argument`);
	return words[0]!;
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
