/*
 * A file outside of the managed folder is a link into `current`: it changes with the one switch, together with all else.
 *
 * The link comes to be in front of what nginx reads there already: the live release is given a copy of that (or
 * `nothing`, where there is no file), and the link takes the file's place. Only then the release with the rendered file
 * is published. So no step in between shows nginx anything new, and the link never dangles. It goes the same way, back:
 * a release without the file holds `nothing` in its place for as long as the link is there, and once nginx was seen to
 * run that release the link goes (or, where the rendered file never came to be live, the file is as it was).
 *
 * What remains: nginx resolves `current` for `http.conf` once, and for each of these links anew. One that is started or
 * reloaded by somebody else within the very moment of a switch may read http of one release, and a file outside of
 * another. Either it does not take that mixture, and goes on as it was; or it runs it for as long as the reload takes
 * that follows each switch. upsync's own reloads cannot meet a switch: the next one waits for the proof.
 */

/** Whether a file of a release has its destination outside of the managed folder. */
export function isOutside(path: string): boolean {
  return path.startsWith('/');
}

/** Where a file lies within its release. */
export function placeOf(path: string): string {
  return isOutside(path) ? `files${path}` : path;
}

/** What stands for a file that is not there: nginx reads over it, wherever it is included. */
export const nothing = '# Nothing. upsync made this place, or is about to take it away.\n';
