import { Dialog } from '../ui/dialog.tsx';

/** The browser lays out what is in sight: a block is as many lines as that. */
const BLOCK_LINES = 100;

interface LongTextDialogProps {
  title: string;
  text: string;
  onClose: () => void;
}

/** A text of any length, to read. */
export function LongTextDialog({ title, text, onClose }: LongTextDialogProps) {
  return (
    <Dialog open wide title={title} onClose={onClose}>
      <section
        aria-label={title}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- keyboards have to be able to scroll it
        tabIndex={0}
        className="max-h-[60dvh] overflow-auto rounded-md bg-sunken px-4 py-3"
      >
        {blocksOf(text).map((block, at) => (
          <p
            // oxlint-disable-next-line react/no-array-index-key -- the text never changes
            key={at}
            className="whitespace-pre-wrap [content-visibility:auto]"
            style={{ containIntrinsicBlockSize: `auto ${block.length * 1.45}em` }}
          >
            {block.join('\n')}
          </p>
        ))}
      </section>
    </Dialog>
  );
}

function blocksOf(text: string): string[][] {
  const lines = text.split('\n');
  return Array.from({ length: Math.ceil(lines.length / BLOCK_LINES) }, (_, block) =>
    lines.slice(block * BLOCK_LINES, (block + 1) * BLOCK_LINES),
  );
}
