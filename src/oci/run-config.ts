import type { ImageRunConfig } from "./image-spec.ts";

/**
 * A container's configuration on top of its image's, by dockerd's rules: what the user gave wins; ports, environment,
 * labels and volumes are united; the image's command is not used with the user's entrypoint.
 */
export function mergeRunConfig(user: ImageRunConfig, image: ImageRunConfig): ImageRunConfig {
	return {
		...image,
		...user,
		User: user.User || image.User,
		ExposedPorts: { ...image.ExposedPorts, ...user.ExposedPorts },
		Env: mergeEnv(user.Env ?? [], image.Env ?? []),
		...mergeCommand(user, image),
		Volumes: { ...image.Volumes, ...user.Volumes },
		WorkingDir: user.WorkingDir || image.WorkingDir,
		Labels: { ...image.Labels, ...user.Labels },
		StopSignal: user.StopSignal || image.StopSignal,
		Healthcheck: mergeHealthcheck(user.Healthcheck, image.Healthcheck),
		Shell: user.Shell?.length ? user.Shell : image.Shell,
		OnBuild: user.OnBuild ?? undefined,
	};
}

/** The user's variables, then those of the image that the user does not name. */
function mergeEnv(user: readonly string[], image: readonly string[]): string[] {
	const names = new Set(user.map(variableName));
	return [...user, ...image.filter((variable) => !names.has(variableName(variable)))];
}

function variableName(variable: string): string {
	return variable.split("=", 1)[0]!;
}

/** An empty entrypoint (`--entrypoint ""`, sent as `[""]`) clears the image's. */
function mergeCommand(
	user: ImageRunConfig,
	image: ImageRunConfig,
): Pick<ImageRunConfig, "Entrypoint" | "Cmd"> {
	if (user.Entrypoint != null && user.Entrypoint.length > 0)
		return { Entrypoint: user.Entrypoint, Cmd: user.Cmd };
	return {
		Entrypoint: user.Entrypoint == null ? image.Entrypoint : user.Entrypoint,
		Cmd: user.Cmd?.length ? user.Cmd : image.Cmd,
	};
}

type Healthcheck = ImageRunConfig["Healthcheck"];

function mergeHealthcheck(user: Healthcheck, image: Healthcheck): Healthcheck {
	if (user === undefined || image === undefined) return user ?? image;
	return {
		Test: user.Test?.length ? user.Test : image.Test,
		Interval: user.Interval || image.Interval,
		Timeout: user.Timeout || image.Timeout,
		StartPeriod: user.StartPeriod || image.StartPeriod,
		StartInterval: user.StartInterval || image.StartInterval,
		Retries: user.Retries || image.Retries,
	};
}
