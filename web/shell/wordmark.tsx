export function Wordmark() {
  return (
    <span className="inline-flex items-center gap-2 text-base font-medium tracking-tight text-ink">
      <svg aria-hidden viewBox="0 0 32 32" className="size-6">
        <rect width="32" height="32" rx="9" className="fill-ember" />
        <path
          d="M11 9h4.500c4.600 0 7.500 2.800 7.500 7s-2.900 7-7.500 7H11z"
          className="stroke-on-ember"
          fill="none"
          strokeWidth="2.750"
          strokeLinejoin="round"
        />
      </svg>
      Daesa
    </span>
  );
}
