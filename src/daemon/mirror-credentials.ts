import { readFileSync } from "node:fs";
import { EngineError, type Logger } from "../lib/index.ts";
import type { ReadCredentials, RegistryAuth } from "../registry/index.ts";
import { runCommand } from "../sys/index.ts";

const helperTimeoutMs = 30_000;
/** The user name by which helpers say that the secret is an identity token. */
const tokenUser = "<token>";
/** The key under which docker keeps the credentials of its own registry. */
const dockerHubKey = "https://index.docker.io/v1/";

/**
 * Reads a mirror's credentials anew each time that it wants them: from a file like docker's `config.json` with the
 * helpers that it names, or from a helper. What is wrong with them is logged; the next place is asked then.
 *
 * https://github.com/docker/docker-credential-helpers#development
 */
export function mirrorCredentials(log: Logger): ReadCredentials {
	return async (source, host) => {
		try {
			return "helper" in source
				? await askHelper(source.helper, host)
				: await fromConfig(source.config, host);
		} catch (error) {
			log.warn("registry", { mirror: host, credentials: (error as Error).message });
			throw error;
		}
	};
}

async function fromConfig(path: string, host: string): Promise<RegistryAuth | undefined> {
	const { auths, credHelpers, credsStore } = readConfig(path);
	const helper = entryOf(credHelpers, host) ?? credsStore;
	const kept = typeof helper === "string" ? await askHelper(helper, host) : undefined;
	if (kept !== undefined) return kept;
	const entry = asObject(entryOf(auths, host));
	const { auth, identitytoken } = entry;
	if (typeof identitytoken === "string" && identitytoken !== "") return { identityToken: identitytoken };
	if (typeof auth !== "string") return undefined;
	const plain = Buffer.from(auth, "base64").toString();
	const colon = plain.indexOf(":");
	if (colon <= 0) return undefined;
	return { username: plain.slice(0, colon), password: plain.slice(colon + 1) };
}

function readConfig(path: string): Record<string, unknown> {
	try {
		return asObject(JSON.parse(readFileSync(path, "utf8")));
	} catch (cause) {
		throw new EngineError("unavailable", `cannot read ${path}: ${messageOf(cause)}`);
	}
}

/** Of a file that is no JSON the message would show a part, and that may be a password. */
function messageOf(cause: unknown): string {
	return cause instanceof SyntaxError ? "no valid JSON" : (cause as Error).message;
}

function entryOf(entries: unknown, host: string): unknown {
	return Object.entries(asObject(entries)).find(([key]) => hostOf(key) === hostOf(host))?.[1];
}

function hostOf(key: string): string {
	const host = key.replace(/^https?:\/\//, "").split("/")[0]!;
	return host === "index.docker.io" || host === "registry-1.docker.io" ? "docker.io" : host;
}

async function askHelper(name: string, host: string): Promise<RegistryAuth | undefined> {
	const program = `docker-credential-${name}`;
	if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
		throw new EngineError("unavailable", `${JSON.stringify(program)} is no name of a credential helper`);
	const input = hostOf(host) === "docker.io" ? dockerHubKey : host;
	const result = await runCommand([program, "get"], { input, signal: AbortSignal.timeout(helperTimeoutMs) });
	if (result === undefined) throw new EngineError("unavailable", `no program ${program} is installed`);
	const { exitCode, stdout } = result;
	if (exitCode !== 0) {
		if (/credentials not found/i.test(stdout)) return undefined;
		throw new EngineError(
			"unavailable",
			`${program} ended with code ${exitCode}: ${stdout.trim().slice(0, 200)}`,
		);
	}
	return parseAnswer(stdout, program);
}

function parseAnswer(text: string, program: string): RegistryAuth {
	const { Username, Secret } = asObject(parseJson(text));
	if (typeof Username !== "string" || typeof Secret !== "string")
		throw new EngineError("unavailable", `${program} gave no user name with a secret`);
	return Username === tokenUser ? { identityToken: Secret } : { username: Username, password: Secret };
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function asObject(value: unknown): Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value)
		? (value as Record<string, unknown>)
		: {};
}
