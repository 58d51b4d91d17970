/** A reference as docker shows it: with `:latest` when it has neither tag nor digest. */
export function displayName(reference: string): string {
	if (reference.includes("@") || tagOf(reference) !== undefined) return reference;
	return `${reference}:latest`;
}

/** The tag of a reference, if it has one: a colon after the last slash. */
export function tagOf(reference: string): string | undefined {
	const name = reference.split("@")[0]!;
	const colon = name.lastIndexOf(":");
	return colon > name.lastIndexOf("/") ? name.slice(colon + 1) : undefined;
}

/** `repo:tag` or `repo@digest`, apart. */
export function splitReference(reference: string): { repository: string; tag?: string; digest?: string } {
	const at = reference.indexOf("@");
	const name = at < 0 ? reference : reference.slice(0, at);
	const digest = at < 0 ? undefined : reference.slice(at + 1);
	const tag = tagOf(name);
	return { repository: tag === undefined ? name : name.slice(0, -tag.length - 1), tag, digest };
}

/** The registry that a reference names: `docker.io` when the first part is no host. */
export function registryOf(reference: string): string {
	const slash = reference.indexOf("/");
	const first = slash < 0 ? "" : reference.slice(0, slash);
	const isHost = first.includes(".") || first.includes(":") || first === "localhost";
	return isHost ? first : "docker.io";
}
