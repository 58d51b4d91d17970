import type { HullBuildEvent, HullBuildRequest } from "../../../api/index.ts";
import { DockerfileError, explain, lintDockerfile } from "../../../builder/index.ts";
import { hostPlatform, parsePlatform, parseReference } from "../../../oci/index.ts";
import type { BuildRooms } from "./rooms.ts";

/** What the build checks say of a Dockerfile. Errors: DockerfileError when it cannot be read. */
export function checkDockerfile(
	{ images }: Pick<BuildRooms, "images">,
	file: { readonly name: string; readonly text: string },
	request: HullBuildRequest,
): HullBuildEvent[] {
	const { warnings, isError } = lintDockerfile(file.text, {
		buildArgs: new Map(Object.entries(request.Args ?? {})),
		platform: request.Platforms?.[0] === undefined ? hostPlatform() : parsePlatform(request.Platforms[0]),
		image(reference) {
			// What a variable fills in is no name yet.
			const config = isReference(reference) ? images.find(reference)?.config : undefined;
			if (config === undefined) return undefined;
			const { os, architecture, variant } = config;
			return {
				env: config.config?.Env ?? [],
				platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
			};
		},
		...(request.Ignore === undefined ? {} : { ignore: request.Ignore }),
	});
	const events: HullBuildEvent[] = warnings.map(({ rule, message, url, range }) => {
		const shown = explain(new DockerfileError(message, { range }), file).split("\n").slice(0, -1).join("\n");
		return { kind: "warning", rule, message, url, line: range.startLine, shown };
	});
	return [...events, { kind: "checked", warnings: warnings.length, isError }];
}

function isReference(text: string): boolean {
	try {
		parseReference(text);
		return true;
	} catch {
		return false;
	}
}
