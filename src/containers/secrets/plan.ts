import { posix } from "node:path";
import type { HostConfig, HullAttachment } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { SecretKind, Vault } from "../../secrets/index.ts";
import { isWholeMachine } from "../isolation.ts";

/** A container's secret or config, decided. */
export interface PlannedSecret {
	readonly id: string;
	readonly kind: SecretKind;
	readonly name: string;
	/** Path in the container; `undefined` when it is given in the environment. */
	readonly target: string | undefined;
	readonly env: string | undefined;
	readonly uid: number;
	readonly gid: number;
	readonly mode: number;
}

const folders: Readonly<Record<SecretKind, string>> = { secret: "/run/secrets", config: "/" };
const defaultMode = 0o444;
const maxId = 0xfffffffe;
const envPattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Checks what a request asks for and fills it in, as inspect shows it; `taken` are the targets of its mounts. Errors:
 * `not_found` for a name that is not there, `invalid_argument`.
 */
export function completeSecrets(
	vault: Pick<Vault, "get">,
	hostConfig: HostConfig,
	taken: readonly string[],
): Pick<HostConfig, "HullSecrets" | "HullConfigs"> {
	const { HullSecrets: secrets = [], HullConfigs: configs = [] } = hostConfig;
	const complete = (kind: SecretKind) => (attachment: HullAttachment) =>
		completeAttachment(vault, { kind, attachment });
	const completed = {
		...(secrets.length === 0 ? {} : { HullSecrets: secrets.map(complete("secret")) }),
		...(configs.length === 0 ? {} : { HullConfigs: configs.map(complete("config")) }),
	};
	assertPlaces(plannedSecrets({ ...hostConfig, ...completed }), taken, isWholeMachine(hostConfig));
	return completed;
}

/** What a record's complete attachments mean. */
export function plannedSecrets({ HullSecrets, HullConfigs }: HostConfig): PlannedSecret[] {
	const planned =
		(kind: SecretKind) =>
		({ ID = "", Name: name, Target, Env: env, UID = 0, GID = 0, Mode }: HullAttachment): PlannedSecret => ({
			...{ id: ID, kind, name, env, uid: UID, gid: GID },
			target: env === undefined ? Target : undefined,
			mode: Mode ?? defaultMode,
		});
	return [...(HullSecrets ?? []).map(planned("secret")), ...(HullConfigs ?? []).map(planned("config"))];
}

function completeAttachment(
	vault: Pick<Vault, "get">,
	{ kind, attachment }: { readonly kind: SecretKind; readonly attachment: HullAttachment },
): HullAttachment {
	const { Target: target = "", Env: env, UID = 0, GID = 0, Mode = defaultMode } = attachment;
	const { id, name } = vault.get(kind, attachment.Name);
	const refused = (text: string) => new EngineError("invalid_argument", `${kind} ${name}: ${text}`);
	if (env !== undefined) {
		const file = ["Target", "UID", "GID", "Mode"].find((key) => key in attachment);
		if (file !== undefined) throw refused(`Env and ${file} exclude one another: it is given in one way only`);
		if (!envPattern.test(env))
			throw refused(`${JSON.stringify(env)} cannot be an environment variable's name`);
		return { Name: name, ID: id, Env: env };
	}
	for (const value of [UID, GID])
		if (value < 0 || value > maxId) throw refused(`owner ${value} is out of range`);
	if (Mode < 0 || Mode > 0o777) throw refused(`mode ${Mode.toString(8)}: only permission bits, up to 777`);
	if (target.includes("\0") || target.split("/").includes(".."))
		throw refused(`target ${JSON.stringify(target)} cannot have '..'`);
	const path = posix.resolve(folders[kind], target || name);
	if (path === "/" || target.endsWith("/")) throw refused(`target ${target}: must be a file`);
	return { Name: name, ID: id, Target: path, UID, GID, Mode };
}

function assertPlaces(secrets: readonly PlannedSecret[], taken: readonly string[], whole: boolean): void {
	const targets = new Set(taken);
	const names = new Set<string>();
	for (const { kind, name, target, env } of secrets) {
		const refused = (text: string) => new EngineError("invalid_argument", `${kind} ${name}: ${text}`);
		if (target !== undefined && targets.has(target)) throw refused(`Duplicate mount point: ${target}`);
		if (env !== undefined && names.has(env)) throw refused(`environment variable ${env} is given twice`);
		if (whole && target?.startsWith("/run/"))
			throw refused(`a whole machine mounts /run itself, which would hide ${target}: choose another target`);
		if (target !== undefined) targets.add(target);
		if (env !== undefined) names.add(env);
	}
}
