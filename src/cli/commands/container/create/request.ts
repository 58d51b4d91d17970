import type { ContainerCreateRequest } from "../../../../api/index.ts";
import {
	parseExposedPorts,
	parseKeyValueFile,
	parsePortSpecs,
	parseRestartPolicy,
	parseVolumeFlag,
} from "../../../../api/syntax.ts";
import { healthcheck } from "./health.ts";
import { hostConfigOf } from "./host-config.ts";
import type { ClientFolder, CreateInput } from "./input.ts";
import { networking } from "./networks.ts";
import { present } from "./present.ts";

/**
 * The create request that a command line means. Pure but for the files that flags name. Only what was asked for is in
 * it: everything else is the engine's default. Errors are plain and worded as docker's.
 */
export function createRequest(
	input: CreateInput,
	folder: ClientFolder,
	{ detach }: { detach: boolean },
): ContainerCreateRequest {
	const { flags, given } = input;
	const [image, ...words] = input.arguments;
	const attach = detach ? { stdin: false, stdout: false, stderr: false } : attachedStreams(flags);
	const { hostConfig, networkingConfig } = networking(flags);
	const published = parsePortSpecs(flags.publish.map(standardPort));
	const { binds, anonymous } = volumes(flags.volume, folder.cwd);
	return present({
		Image: image,
		Cmd: words,
		Entrypoint: flags.entrypoint === undefined ? undefined : [flags.entrypoint],
		Hostname: flags.hostname,
		Domainname: flags.domainname,
		User: flags.user,
		WorkingDir: flags.workdir,
		Env: environment(flags, folder),
		Labels: labels(flags, folder),
		AttachStdin: attach.stdin,
		AttachStdout: attach.stdout,
		AttachStderr: attach.stderr,
		Tty: flags.tty,
		OpenStdin: flags.interactive,
		StdinOnce: flags.interactive && attach.stdin,
		ExposedPorts: { ...exposedPorts(flags.expose), ...published.exposedPorts },
		Volumes: Object.fromEntries(anonymous.map((target) => [target, {}])),
		StopSignal: flags["stop-signal"],
		StopTimeout: flags["stop-timeout"],
		Healthcheck: healthcheck(flags, given),
		HostConfig: present({
			...hostConfigOf(input, folder),
			...hostConfig,
			Binds: binds,
			PortBindings: published.portBindings,
			RestartPolicy: restartPolicy(flags),
		}),
		NetworkingConfig: networkingConfig,
	});
}

type Values = CreateInput["flags"];

function attachedStreams({ attach, interactive }: Values): {
	stdin: boolean;
	stdout: boolean;
	stderr: boolean;
} {
	const all = attach.length === 0;
	return {
		stdin: interactive || attach.includes("stdin"),
		stdout: all || attach.includes("stdout"),
		stderr: all || attach.includes("stderr"),
	};
}

function environment(flags: Values, folder: ClientFolder): string[] {
	const fromFiles = flags["env-file"].flatMap((name) =>
		parseKeyValueFile(folder.readFile(name), { name, lookup: (variable) => folder.lookup(variable) }),
	);
	return [...fromFiles, ...flags.env];
}

function labels(flags: Values, folder: ClientFolder): Record<string, string> {
	const fromFiles = flags["label-file"].flatMap((name) =>
		parseKeyValueFile(folder.readFile(name), { name }).map((line) => {
			const equals = line.indexOf("=");
			return [line.slice(0, equals), line.slice(equals + 1)] as const;
		}),
	);
	const fromFlags = flags.label.map(({ key, value }) => [key, value] as const);
	return Object.fromEntries([...fromFiles, ...fromFlags]);
}

function exposedPorts(specs: readonly string[]): Record<string, Record<string, never>> {
	const keys = specs.flatMap((spec) => {
		if (spec.includes(":")) throw new Error(`invalid port format for --expose: ${spec}`);
		return parseExposedPorts(spec);
	});
	return Object.fromEntries(keys.map((key) => [key, {}]));
}

/** `published=8080,target=80,protocol=udp` as `8080:80/udp`; other values stay. */
function standardPort(spec: string): string {
	if (!spec.includes("=")) return spec;
	const fields: Record<string, string> = {};
	for (const field of spec.split(",")) {
		const equals = field.indexOf("=");
		if (equals < 0) throw new Error(`invalid publish opts format (should be name=value but got '${field}')`);
		fields[field.slice(0, equals)] = field.slice(equals + 1);
	}
	const unknown = Object.keys(fields).find(
		(key) => !["target", "published", "protocol", "mode"].includes(key),
	);
	if (unknown !== undefined) throw new Error(`unknown key '${unknown}' in --publish ${spec}`);
	if (fields["mode"] === "host" || fields["mode"] === undefined || fields["mode"] === "ingress") {
		const host = fields["published"] === undefined ? "" : `${fields["published"]}:`;
		return `${host}${fields["target"] ?? ""}/${fields["protocol"] ?? "tcp"}`;
	}
	throw new Error(`unknown mode '${fields["mode"]}' in --publish ${spec}`);
}

function volumes(specs: readonly string[], cwd: string): { binds: string[]; anonymous: string[] } {
	const parsed = specs.map((spec) => parseVolumeFlag(spec, cwd));
	return {
		binds: parsed.flatMap((volume) => (volume.kind === "bind" ? [volume.bind] : [])),
		anonymous: parsed.flatMap((volume) => (volume.kind === "anonymous" ? [volume.target] : [])),
	};
}

function restartPolicy(flags: Values) {
	if (flags.restart === undefined) return undefined;
	const policy = parseRestartPolicy(flags.restart);
	if (flags.rm && policy.Name !== undefined && policy.Name !== "no")
		throw new Error("conflicting options: cannot specify both --restart and --rm");
	return policy;
}
