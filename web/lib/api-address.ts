/** Where the API is: the page's own origin, unless the app was put somewhere else. */
export function apiAddress(): string {
  return location.origin;
}
