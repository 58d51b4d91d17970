import type { EndpointSettings, HostConfig } from "../../api/index.ts";
import { EngineError, isEngineError } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { parseLink } from "./check-endpoint.ts";
import { isBuiltIn } from "./user-defined.ts";

/** A link as a record keeps it: by id, so that the linked container may be renamed. */
export interface ContainerLink {
	readonly alias: string;
	readonly containerId: string;
}

/**
 * The links (`--link`) of a new container. On the network `bridge` they are its own, `id:alias`; on a network of a
 * user's they are names there, and become its endpoint's. Errors: `invalid_argument` with Docker's texts.
 */
export function planLinks(
	context: Pick<Context, "registry">,
	hostConfig: HostConfig,
	endpoints: Readonly<Record<string, EndpointSettings>>,
): { readonly links: string[]; readonly endpoints: Readonly<Record<string, EndpointSettings>> } {
	const requested = hostConfig.Links ?? [];
	if (requested.length === 0) return { links: [], endpoints };
	const mode = hostConfig.NetworkMode ?? "";
	if (mode === "host" || mode.startsWith("container:"))
		throw conflict(mode === "host" ? "host" : "container");
	const [network = "none", settings = {}] = Object.entries(endpoints)[0] ?? [];
	if (isBuiltIn({ name: network })) return { links: requested.map((text) => byId(context, text)), endpoints };
	const names = [...new Set([...(settings.Links ?? []), ...requested])];
	return { links: [], endpoints: { ...endpoints, [network]: { ...settings, Links: names } } };
}

/** Reads links of a record. */
export function linksOf({ Links = [] }: HostConfig): ContainerLink[] {
	return Links.map((text) => {
		const { container, alias } = parseLink(text);
		return { containerId: container, alias };
	});
}

function byId({ registry }: Pick<Context, "registry">, text: string): string {
	const { container, alias } = parseLink(text);
	try {
		return `${registry.get(container).id}:${alias}`;
	} catch (cause) {
		if (!isEngineError(cause)) throw cause;
		throw new EngineError("invalid_argument", `could not get container for ${container}: ${cause.message}`, {
			cause,
		});
	}
}

function conflict(kind: string): EngineError {
	return new EngineError(
		"invalid_argument",
		`conflicting options: ${kind} type networking can't be used with links. This would result in undefined behavior`,
	);
}
