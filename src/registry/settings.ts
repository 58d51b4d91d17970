import { isIP } from "node:net";
import { EngineError } from "../lib/index.ts";

/** What the operator says about registries; `docs/registries.md` has the file's format. */
export interface RegistrySettings {
	/** True: no registry is asked for anything. */
	readonly offline: boolean;
	/** Folders laid out like `/etc/docker/certs.d`: `<host:port>/*.crt`, `*.cert` and `*.key`. */
	readonly certificateFolders: readonly string[];
	/** Domains (`registry.lan:5000`) and networks (`10.0.0.0/8`) whose TLS is not verified and that may do without. */
	readonly insecure: readonly string[];
	/** By domain, as references name it. */
	readonly hosts: ReadonlyMap<string, HostSettings>;
}

export interface HostSettings {
	/** Asked before the registry itself, in this order. */
	readonly mirrors: readonly MirrorSettings[];
	readonly insecure: boolean;
	/** Neither it nor its mirrors are asked. */
	readonly blocked: boolean;
	/** PEM files; certificate authorities beside the system's, and the client's own certificate with its key. */
	readonly ca: string | undefined;
	readonly cert: string | undefined;
	readonly key: string | undefined;
}

export interface MirrorSettings {
	/** A path stands before the repository's name. */
	readonly url: URL;
	/** Where the engine has the mirror's own credentials from; `undefined`: it shows none. */
	readonly credentials: CredentialSource | undefined;
}

/** A file like docker's `config.json`, or the program `docker-credential-NAME`. */
export type CredentialSource = { readonly config: string } | { readonly helper: string };

export const defaultCertificateFolders: readonly string[] = ["/etc/hull/certs.d", "/etc/docker/certs.d"];

export const noSettings: RegistrySettings = {
	offline: false,
	certificateFolders: defaultCertificateFolders,
	insecure: [],
	hosts: new Map(),
};

/** Checks the parsed file. `invalid_argument` that names the file and the member. */
export function parseSettings(value: unknown, file: string): RegistrySettings {
	const wrong = (member: string, wanted: string) =>
		new EngineError("invalid_argument", `${file}: ${member}: expected ${wanted}`);
	if (!isObject(value)) throw new EngineError("invalid_argument", `${file}: expected one JSON object`);
	const { offline = false, certificates, insecure = [], registries = {}, ...others } = value;
	refuseUnknown(others, file);
	if (typeof offline !== "boolean") throw wrong("offline", "true or false");
	if (certificates !== undefined && !isPaths(certificates))
		throw wrong("certificates", "a list of absolute paths");
	if (!isStrings(insecure) || !insecure.every(isInsecureEntry))
		throw wrong("insecure", "a list of hosts, with or without port, and of networks like 10.0.0.0/8");
	if (!isObject(registries)) throw wrong("registries", "hosts with their settings");
	const hosts = new Map<string, HostSettings>();
	for (const [host, entry] of Object.entries(registries)) {
		if (!isHost(host)) throw wrong(`registries: ${host}`, "a host, with or without port");
		hosts.set(host, parseHost(entry, { file, host }));
	}
	return { offline, certificateFolders: certificates ?? defaultCertificateFolders, insecure, hosts };
}

function parseHost(value: unknown, { file, host }: { file: string; host: string }): HostSettings {
	const where = `${file}: registries: ${host}`;
	const wrong = (member: string, wanted: string) =>
		new EngineError("invalid_argument", `${where}: ${member}: expected ${wanted}`);
	if (!isObject(value)) throw new EngineError("invalid_argument", `${where}: expected an object`);
	const { mirrors = [], insecure = false, blocked = false, ca, cert, key, ...others } = value;
	refuseUnknown(others, where);
	if (!Array.isArray(mirrors)) throw wrong("mirrors", "a list of addresses");
	if (typeof insecure !== "boolean") throw wrong("insecure", "true or false");
	if (typeof blocked !== "boolean") throw wrong("blocked", "true or false");
	for (const [member, path] of Object.entries({ ca, cert, key }))
		if (path !== undefined && !isPath(path)) throw wrong(member, "an absolute path");
	if ((cert === undefined) !== (key === undefined)) throw wrong("cert and key", "both or neither");
	return {
		mirrors: mirrors.map((mirror) => parseMirrorEntry(mirror, where)),
		insecure,
		blocked,
		ca: ca as string | undefined,
		cert: cert as string | undefined,
		key: key as string | undefined,
	};
}

/** An address, or `{"address": …, "credentials": {"config": …}}`. */
function parseMirrorEntry(value: unknown, where: string): MirrorSettings {
	if (typeof value === "string") return { url: parseMirror(value, where), credentials: undefined };
	if (!isObject(value))
		throw new EngineError("invalid_argument", `${where}: mirrors: expected a list of addresses`);
	const { address, credentials, ...others } = value;
	refuseUnknown(others, `${where}: mirrors`);
	const url = parseMirror(typeof address === "string" ? address : "", where);
	return {
		url,
		credentials:
			credentials === undefined ? undefined : parseCredentials(credentials, `${where}: ${url.href}`),
	};
}

function parseCredentials(value: unknown, where: string): CredentialSource {
	const wrong = (wanted: string) =>
		new EngineError("invalid_argument", `${where}: credentials: expected ${wanted}`);
	if (!isObject(value)) throw wrong("an object with config or helper");
	const { config, helper, ...others } = value;
	refuseUnknown(others, `${where}: credentials`);
	if ((config === undefined) === (helper === undefined)) throw wrong("either config or helper");
	if (helper === undefined) {
		if (isPath(config)) return { config: config as string };
		throw wrong("an absolute path as config");
	}
	if (typeof helper === "string" && /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(helper)) return { helper };
	throw wrong("a name as helper, like pass for docker-credential-pass");
}

/** `https://mirror.lan`, `http://127.0.0.1:5000`, `https://harbor.lan/proxy`. */
export function parseMirror(text: string, where: string): URL {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const isPlain = url !== undefined && url.search === "" && url.hash === "" && url.username === "";
	const path = /^\/(?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/|$))*$/;
	if (isPlain && /^https?:$/.test(url.protocol) && path.test(url.pathname)) return url;
	throw new EngineError(
		"invalid_argument",
		`${where}: ${JSON.stringify(text)} is no address of a mirror, like https://mirror.lan`,
	);
}

/** Adds what `hulld.json` and the command line say. */
export function withDaemonSettings(
	settings: RegistrySettings,
	daemon: { insecure: readonly string[]; hubMirrors: readonly URL[]; offline: boolean },
): RegistrySettings {
	const hosts = new Map(settings.hosts);
	if (daemon.hubMirrors.length > 0) {
		const hub = hosts.get("docker.io") ?? plainHost;
		hosts.set("docker.io", {
			...hub,
			mirrors: [...hub.mirrors, ...daemon.hubMirrors.map((url) => ({ url, credentials: undefined }))],
		});
	}
	return {
		...settings,
		hosts,
		insecure: [...settings.insecure, ...daemon.insecure],
		offline: settings.offline || daemon.offline,
	};
}

const plainHost: HostSettings = {
	mirrors: [],
	insecure: false,
	blocked: false,
	ca: undefined,
	cert: undefined,
	key: undefined,
};

/** `registry.lan:5000`, `registry.lan`, `10.0.0.0/8`. */
export function isInsecureEntry(text: string): boolean {
	return isHost(text) || isNetwork(text);
}

function isHost(text: string): boolean {
	return /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/.test(text);
}

function isNetwork(text: string): boolean {
	const [address, bits = "", ...rest] = text.split("/");
	const width = { 0: 0, 4: 32, 6: 128 }[isIP(address!)]!;
	return width > 0 && rest.length === 0 && /^[0-9]{1,3}$/.test(bits) && Number(bits) <= width;
}

function refuseUnknown(others: object, where: string): void {
	const [unknown] = Object.keys(others);
	if (unknown !== undefined)
		throw new EngineError("invalid_argument", `${where}: unknown key ${JSON.stringify(unknown)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

function isPath(value: unknown): value is string {
	return typeof value === "string" && value.startsWith("/");
}

function isPaths(value: unknown): value is string[] {
	return isStrings(value) && value.every(isPath);
}
