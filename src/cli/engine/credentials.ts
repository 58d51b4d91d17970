import { existsSync, mkdirSync, readFileSync } from "node:fs";
import type { RegistryCredentials } from "../../client/index.ts";
import { writeFileAtomic } from "../../lib/index.ts";
import { CommandFailure } from "../failure.ts";

/** The part of the client's `config.json` that holds credentials; the rest is kept as it is. */
interface ClientConfig {
	auths?: Record<string, { auth?: string; identitytoken?: string }>;
	credsStore?: string;
	credHelpers?: Record<string, string>;
}

/** The key under which docker keeps the credentials of its own registry. */
const dockerHubKey = "https://index.docker.io/v1/";

/** Credentials kept for a registry; `undefined` when there are none. */
export function storedCredentials(configFolder: string, registry: string): RegistryCredentials | undefined {
	const config = readConfig(configFolder);
	const helper = config.credHelpers?.[registry] ?? config.credsStore;
	const entry = Object.entries(config.auths ?? {}).find(([key]) => hostOf(key) === hostOf(registry))?.[1];
	if (entry?.auth === undefined && helper !== undefined) return fromHelper(helper, registry);
	if (entry?.auth === undefined && entry?.identitytoken === undefined) return undefined;
	const plain = Buffer.from(entry.auth ?? "", "base64").toString();
	const colon = plain.indexOf(":");
	return {
		username: plain.slice(0, Math.max(0, colon)),
		password: plain.slice(colon + 1).replace(/\0+$/, ""),
		serveraddress: registryKey(registry),
		...(entry.identitytoken ? { identitytoken: entry.identitytoken } : {}),
	};
}

export function storeCredentials(configFolder: string, credentials: RegistryCredentials): void {
	const config = readConfig(configFolder);
	const key = credentials.serveraddress ?? dockerHubKey;
	const auth = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
	const token = credentials.identitytoken;
	config.auths = { ...config.auths, [key]: token ? { auth, identitytoken: token } : { auth } };
	writeConfig(configFolder, config);
}

/** False when there were none. */
export function forgetCredentials(configFolder: string, registry: string): boolean {
	const config = readConfig(configFolder);
	const kept = Object.entries(config.auths ?? {}).filter(([key]) => hostOf(key) !== hostOf(registry));
	if (kept.length === Object.keys(config.auths ?? {}).length) return false;
	config.auths = Object.fromEntries(kept);
	writeConfig(configFolder, config);
	return true;
}

/** The name of a registry in `config.json` and towards the engine. */
export function registryKey(registry: string): string {
	return hostOf(registry) === "docker.io" ? dockerHubKey : registry;
}

function hostOf(key: string): string {
	const host = key.replace(/^https?:\/\//, "").split("/")[0]!;
	return host === "index.docker.io" || host === "registry-1.docker.io" ? "docker.io" : host;
}

function readConfig(configFolder: string): ClientConfig {
	const path = `${configFolder}/config.json`;
	if (!existsSync(path)) return {};
	try {
		const config = JSON.parse(readFileSync(path, "utf8")) as unknown;
		return typeof config === "object" && config !== null ? (config as ClientConfig) : {};
	} catch (cause) {
		throw new CommandFailure(`cannot read ${path}: ${(cause as Error).message}`, { cause });
	}
}

function writeConfig(configFolder: string, config: ClientConfig): void {
	mkdirSync(configFolder, { recursive: true, mode: 0o700 });
	writeFileAtomic(`${configFolder}/config.json`, `${JSON.stringify(config, null, "\t")}\n`, 0o600);
}

/** Credential helpers are programs of the user's; running them is not supported, so they are named. */
function fromHelper(helper: string, registry: string): never {
	throw new CommandFailure(
		`credentials for ${registry} are kept by docker-credential-${helper}, which is not supported: use 'hull login'`,
	);
}
