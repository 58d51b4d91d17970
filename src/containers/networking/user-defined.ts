/** Whether a network is one of the three that are always there, which know neither names nor fixed addresses. */
export function isBuiltIn({ name }: { readonly name: string }): boolean {
	return name === "bridge" || name === "host" || name === "none";
}
