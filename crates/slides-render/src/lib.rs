//! Scene to PDF and raster images.
