import { errnoOf } from "../../lib/index.ts";
import { openAt } from "../../sys/index.ts";

/** `undefined` when the name is gone, or is something else now. */
export function openIfThere(directory: number, name: string, flags: number): number | undefined {
	try {
		return openAt(directory, name, flags);
	} catch (error) {
		const errno = errnoOf(error);
		if (errno === "ENOENT" || errno === "ELOOP" || errno === "ENOTDIR" || errno === "ENXIO") return undefined;
		throw error;
	}
}
