/** Makes a root file system of Debian bookworm at `path`, with these packages; gives the path. */
export function debianRootTar(path: string, packages?: readonly string[]): string;
