import type { ContainerCreateRequest, ImageInspect } from "../api/index.ts";

/** What `hull run IMAGE [COMMAND]` would run. `undefined`: neither the image nor the user names a command. */
export function imageCommand(
	image: ImageInspect,
	command: readonly string[],
): { readonly words: readonly string[]; readonly request: ContainerCreateRequest } | undefined {
	const { Entrypoint, Cmd, User, Healthcheck } = image.Config ?? {};
	const entrypoint = Entrypoint ?? [];
	const rest = command.length > 0 ? command : (Cmd ?? []);
	const words = [...entrypoint, ...rest];
	if (words.length === 0) return undefined;
	const request = {
		Entrypoint: [words[0]!],
		Cmd: words.slice(1),
		User: User ?? "",
		...(Healthcheck === undefined ? {} : { Healthcheck }),
	};
	return { words, request };
}
