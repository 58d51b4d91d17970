import { constants } from "node:os";
import { posix } from "node:path";
import { EngineError } from "../lib/index.ts";
import type { ImageRunConfig } from "../oci/index.ts";
import { parseHealthcheck } from "./change-healthcheck.ts";
import { parsePairs, parseWord, parseWords } from "./change-words.ts";

type Apply = (config: ImageRunConfig, text: string) => ImageRunConfig;

/**
 * Applies Dockerfile instructions (`docker commit --change`, `docker import --change`) to a run configuration.
 * https://docs.docker.com/reference/dockerfile/
 */
export function applyChanges(config: ImageRunConfig, changes: readonly string[]): ImageRunConfig {
	let changed = config;
	let commandSet = false;
	const lines = changes
		.join("\n")
		.replace(/\\[ \t]*\n/g, "")
		.split("\n");
	let instructionsSeen = 0;
	for (const line of lines) {
		const match = /^\s*([A-Za-z]+)(?:\s+(.*?))?\s*$/s.exec(line);
		if (match === null) {
			if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
			throw invalid(`${JSON.stringify(line)} is not a Dockerfile instruction`);
		}
		const name = match[1]!.toLowerCase();
		const text = match[2] ?? "";
		const apply = Object.hasOwn(instructions, name) ? instructions[name] : undefined;
		if (apply === undefined) throw invalid(`${name} is not a valid change command`);
		instructionsSeen++;
		if (text === "" && name !== "cmd" && name !== "entrypoint")
			throw invalid(`${name.toUpperCase()} requires at least one argument`);
		changed = apply(changed, text);
		if (name === "cmd") commandSet = true;
		// A command belongs to its entrypoint, unless it was given for it.
		if (name === "entrypoint" && !commandSet) changed = { ...changed, Cmd: null };
	}
	if (changes.length > 0 && instructionsSeen === 0) throw invalid("file with no instructions");
	return changed;
}

const instructions: Readonly<Record<string, Apply>> = {
	cmd: (config, text) => ({ ...config, Cmd: parseCommand(config, text) }),
	entrypoint: (config, text) => ({ ...config, Entrypoint: parseEntrypoint(config, text) }),
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
	stopsignal: (config, text) => ({ ...config, StopSignal: checkSignal(parseWord(text, config.Env)) }),
	user: (config, text) => ({ ...config, User: parseWord(text, config.Env) }),
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
		WorkingDir: posix.resolve("/", config.WorkingDir ?? "/", parseWord(text, config.Env)),
	}),
};

/** The list form, or the shell form run by the image's shell. */
function parseCommand({ Shell }: ImageRunConfig, text: string): string[] {
	return jsonList(text) ?? [...(Shell?.length ? Shell : ["/bin/sh", "-c"]), ...(text === "" ? [] : [text])];
}

/** An empty one takes away what was there. */
function parseEntrypoint(config: ImageRunConfig, text: string): string[] | null {
	const words = text === "" ? [] : parseCommand(config, text);
	return words.length === 0 ? null : words;
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
	const name = text.toUpperCase().replace(/^(SIG)?/, "SIG");
	if (
		Object.hasOwn(constants.signals, name) ||
		/^SIGRT(MIN(\+([1-9]|1[0-5]))?|MAX(-([1-9]|1[0-4]))?)$/.test(name)
	)
		return text;
	if (/^[0-9]{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64) return text;
	throw invalid(`invalid signal: ${text}`);
}

function checkVolume(path: string): string {
	if (path.trim() === "") throw invalid("VOLUME specified can not be an empty string");
	return path.trim();
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
