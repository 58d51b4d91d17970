import { type ContainerConfig, ownerLabel } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { ImageRunConfig } from "../../oci/index.ts";

/**
 * A container's configuration: the request over the image's defaults, by Docker's rules. Command and entrypoint
 * belong together: an image's command is only taken when the request has neither. Errors: `invalid_argument`
 * (`no command specified`).
 */
export function mergeConfig(request: ContainerConfig, image: ImageRunConfig): ContainerConfig {
	const merged: ContainerConfig = {
		...request,
		...mergeCommand(request, image),
		User: request.User || image.User || "",
		WorkingDir: request.WorkingDir || image.WorkingDir || "",
		Env: mergeEnv(request.Env ?? [], image.Env ?? []),
		Labels: { ...withoutOwner(image.Labels), ...request.Labels },
	};
	const volumes = { ...image.Volumes, ...request.Volumes };
	if (Object.keys(volumes).length > 0) merged.Volumes = volumes;
	const ports = { ...image.ExposedPorts, ...request.ExposedPorts };
	if (Object.keys(ports).length > 0) merged.ExposedPorts = ports;
	const stopSignal = request.StopSignal || image.StopSignal;
	if (stopSignal) merged.StopSignal = stopSignal;
	const healthcheck = mergeHealthcheck(request.Healthcheck, image.Healthcheck);
	if (healthcheck !== undefined) merged.Healthcheck = healthcheck;
	if (merged.OnBuild === undefined && image.OnBuild) merged.OnBuild = image.OnBuild;
	const shell = request.Shell ?? image.Shell;
	if (shell) merged.Shell = shell;
	return withoutUndefined(merged);
}

/** Program and arguments as they are run. */
export function commandOf(config: ContainerConfig): { readonly path: string; readonly args: string[] } {
	const [path = "", ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
	return { path, args };
}

function mergeCommand(
	request: ContainerConfig,
	image: ImageRunConfig,
): Pick<ContainerConfig, "Entrypoint" | "Cmd"> {
	let entrypoint = request.Entrypoint;
	let cmd = request.Cmd;
	if ((entrypoint?.length ?? 0) === 0) {
		if ((cmd?.length ?? 0) === 0) cmd = image.Cmd ?? undefined;
		entrypoint ??= image.Entrypoint ?? undefined;
	}
	// `--entrypoint ""` arrives as one empty word: it takes the image's away and sets none.
	if (entrypoint?.length === 1 && entrypoint[0] === "") entrypoint = undefined;
	if ((entrypoint?.length ?? 0) === 0 && (cmd?.length ?? 0) === 0) {
		throw new EngineError("invalid_argument", "no command specified");
	}
	return { Entrypoint: entrypoint, Cmd: cmd } as Pick<ContainerConfig, "Entrypoint" | "Cmd">;
}

function mergeEnv(request: readonly string[], image: readonly string[]): string[] {
	const names = new Set(request.map(nameOf));
	return [...request, ...image.filter((entry) => !names.has(nameOf(entry)))];
}

function nameOf(entry: string): string {
	const equals = entry.indexOf("=");
	return equals < 0 ? entry : entry.slice(0, equals);
}

/** An image's maker must not decide through which socket its containers can be reached. */
function withoutOwner(labels: ImageRunConfig["Labels"]): Record<string, string> {
	const { [ownerLabel]: _owner, ...rest } = labels ?? {};
	return rest;
}

type Healthcheck = NonNullable<ContainerConfig["Healthcheck"]>;

function mergeHealthcheck(
	request: Healthcheck | undefined,
	image: Healthcheck | undefined,
): Healthcheck | undefined {
	if (request === undefined || image === undefined) return request ?? image;
	return {
		...request,
		Test: (request.Test?.length ?? 0) > 0 ? request.Test : image.Test,
		Interval: request.Interval || image.Interval || 0,
		Timeout: request.Timeout || image.Timeout || 0,
		StartPeriod: request.StartPeriod || image.StartPeriod || 0,
		StartInterval: request.StartInterval || image.StartInterval || 0,
		Retries: request.Retries || image.Retries || 0,
	} as Healthcheck;
}

function withoutUndefined<T extends object>(value: T): T {
	return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
