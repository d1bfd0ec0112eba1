import { encode } from 'uqr';

/** A QR code that an authenticator app reads from another screen. Dark on light in both themes: many apps read no other. */
export function SecretCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 4 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <svg
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an SVG that is drawn here
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="mx-auto mb-4 block size-44 rounded-md bg-white"
    >
      <path d={path} fill="#000" />
    </svg>
  );
}
