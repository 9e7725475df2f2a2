"""What a model is shown where the canvas is transparent: models know no holes, and what lies hidden there is no paint.

A picture that is repainted or followed as a whole is put on a ground (img2img, control maps). One in which a selection
is repainted goes on into its holes (inpaint), and there the paint leads what may change. Whoever hands pixels of a
document to a model takes them from here.
"""
