import { EngineError } from "../lib/index.ts";

/**
 * What RUN may ask for beyond a sandbox: `network.host`, `security.insecure`, `device` (all of the host's) or
 * `device=/dev/fuse`. https://docs.docker.com/reference/cli/docker/buildx/build/#allow
 */
export type Entitlement = "network.host" | "security.insecure" | "device" | `device=${string}`;

/** Errors: `invalid_argument`, naming what is none. */
export function readEntitlement(text: string): Entitlement {
	if (text === "network.host" || text === "security.insecure" || text === "device") return text;
	const device = /^device=(.+)$/.exec(text)?.[1];
	if (device !== undefined) return `device=${device}`;
	throw new EngineError(
		"invalid_argument",
		`allow ${text}: it is network.host, security.insecure, device or device=/dev/…`,
	);
}
