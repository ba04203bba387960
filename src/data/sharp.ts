import sharp from "sharp";

// Pictures are small and each is read once an epoch: one thread for each of several, and no cache.
sharp.concurrency(1);
sharp.cache(false);

export { sharp };
