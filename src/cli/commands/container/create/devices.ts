/** `/dev/a[:/dev/b[:rwm]]`, as docker takes it: a middle part that is a mode is the mode. */
export function deviceMapping(text: string): {
	PathOnHost: string;
	PathInContainer: string;
	CgroupPermissions: string;
} {
	const parts = text.split(":");
	const [source, second, third] = parts;
	if (parts.length > 3 || source === "") throw new Error(`invalid device specification: ${text}`);
	const mapping = { PathOnHost: source!, PathInContainer: source!, CgroupPermissions: "rwm" };
	if (second !== undefined && third === undefined && isMode(second)) mapping.CgroupPermissions = second;
	else if (second !== undefined && second !== "") mapping.PathInContainer = second;
	if (third !== undefined) {
		if (!isMode(third)) throw new Error(`bad mode specified: ${third}`);
		mapping.CgroupPermissions = third;
	}
	return mapping;
}

function isMode(text: string): boolean {
	return text !== "" && /^[rwm]+$/.test(text) && new Set(text).size === text.length;
}

/** `vendor.com/class=name` of the Container Device Interface. */
export function isCdiDevice(text: string): boolean {
	return /^[a-zA-Z][\w.-]*\/[a-zA-Z][\w.-]*=[\w.:-]+$/.test(text);
}
