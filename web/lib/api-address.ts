import { apiPlace } from './api-client.ts';

/** Where the API is: the page's own origin, unless the app was put somewhere else. */
export function apiAddress(): string {
  return apiPlace.address || location.origin;
}
